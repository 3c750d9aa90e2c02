//! YAML text, knowing nothing of Kubernetes: read as go-yaml v2 reads it, printed as Helm prints it.
