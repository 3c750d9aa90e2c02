{{- define "c.labels" -}}
name: {{ include "c.name" . }}
{{- end }}
{{- define "c.name" -}}
{{ .Values.naming.full }}
{{- end }}
