//! Images in every form of file: what is found, and the edit, byte for byte.

use super::find_target::image_changes;
use crate::delivery::image::ImageReference;
use crate::text::edit::apply_changes;
use crate::text::yaml;

/// The text after an image moves, or why it does not.
fn moved(source: &str, image: &str) -> Result<String, String> {
    let tree = yaml::parse_all(source.as_bytes()).expect(source);
    let image = ImageReference::parse(image).expect(image);
    let changes = image_changes(&tree, &image, &[], &[], &[]).map_err(|error| error.to_string())?;
    let (edited, _) = apply_changes(source.as_bytes(), &changes).map_err(|error| error.to_string())?;
    Ok(String::from_utf8(edited).expect("is text"))
}

/// Each `1.0.0` that is marked with `<>` is the tag that moves.
fn check(name: &str, marked: &str) {
    let source = marked.replace("<1.0.0>", "1.0.0");
    let want = marked.replace("<1.0.0>", "2.0.0");
    assert_eq!(
        moved(&source, "ghcr.io/acme/web:2.0.0").as_deref(),
        Ok(want.as_str()),
        "{name}"
    );
}

const HELM_RELEASE: &str = "apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: shop}
spec:
  chart: {spec: {chart: shop, version: 1.0.0}}
  values:
    image:
      repository: ghcr.io/acme/web   # ours
      tag: '<1.0.0>'
    worker: {image: ghcr.io/acme/worker:1.0.0}
";

const VALUES_OBJECT: &str = "apiVersion: argoproj.io/v1alpha1
kind: Application
spec:
  source:
    targetRevision: 1.0.0
    helm:
      valuesObject:
        web: {image: {repository: ghcr.io/acme/web, tag: <1.0.0>}}
";

const VALUES_TEXT: &str = "apiVersion: argoproj.io/v1alpha1
kind: Application
spec:
  sources:
  - chart: shop
    helm:
      releaseName: shop
      values: |
        # the image
        web:
          image:
            repository: ghcr.io/acme/web

            tag: <1.0.0>    # moves
        side: \"ghcr.io/acme/side:1.0.0\"
        other:
            image: ghcr.io/acme/web:<1.0.0>
  - chart: other
";

const PARAMETERS: &str = "apiVersion: argoproj.io/v1alpha1
kind: Application
spec:
  source:
    helm:
      parameters:
      - {name: web.image.repository, value: ghcr.io/acme/web}
      - name: web.image.tag
        value: \"<1.0.0>\"
      - name: worker.image.tag
        value: \"1.0.0\"
      - name: sideImage
        value: ghcr.io/acme/web:<1.0.0>
";

const ARGO_KUSTOMIZE: &str = "apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
spec:
  template:
    spec:
      source:
        kustomize:
          images:
          - web=ghcr.io/acme/web:<1.0.0>
          - ghcr.io/acme/web:<1.0.0>
          - web=ghcr.io/acme/other:1.0.0
";

const KUSTOMIZATION: &str = "resources: [base]
images:
- name: web
  newName: ghcr.io/acme/web
  newTag: <1.0.0>
- name: ghcr.io/acme/web
  newTag: \"<1.0.0>\"
- {name: ghcr.io/acme/web, newName: mirror/web, newTag: 1.0.0}
";

const COMPOSE: &str = "services:
  web:
    image: ghcr.io/acme/web:<1.0.0>
    environment: {VERSION: 1.0.0}
  db:
    image: postgres:1.0.0
";

const GITLAB: &str = "default:
  image: {name: ghcr.io/acme/web:<1.0.0>, entrypoint: ['']}
test:
  image: ghcr.io/acme/web:<1.0.0>
  services:
  - ghcr.io/acme/web:<1.0.0>
  - name: ghcr.io/acme/web:<1.0.0>
    alias: web
  script: [\"true\"]
";

const WORKFLOW: &str = "on: push
jobs:
  one:
    container: ghcr.io/acme/web:<1.0.0>
    services:
      web: {image: 'ghcr.io/acme/web:<1.0.0>'}
    steps:
    - uses: docker://ghcr.io/acme/web:<1.0.0>
    - uses: acme/web@1.0.0
  two:
    container:
      image: ghcr.io/acme/web:<1.0.0>
";

const MANIFEST: &str = "kind: CronJob
spec:
  jobTemplate:
    spec:
      template:
        spec:
          initContainers:
          - {name: a, image: \"ghcr.io/acme/web:<1.0.0>\"}
          containers:
          - image: ghcr.io/acme/web:<1.0.0>
---
kind: List
items:
- kind: Pod
  spec: {containers: [{image: ghcr.io/acme/web:<1.0.0>}]}
";

const FLUX_MARKERS: &str = "web:
  artifact: ghcr.io/acme/web # {\"$imagepolicy\": \"flux-system:web:name\"}
  release: <1.0.0> # {\"$imagepolicy\": \"flux-system:web:tag\"}
other:
  artifact: ghcr.io/acme/other # {\"$imagepolicy\": \"flux-system:other:name\"}
  release: 1.0.0 # {\"$imagepolicy\": \"flux-system:other:tag\"}
again:
  release: <1.0.0> # {\"$imagepolicy\": \"flux-system:web:tag\"}
all: ghcr.io/acme/web:<1.0.0> # {\"$imagepolicy\": \"flux-system:web\"}
";

const RENOVATE: &str = "# renovate: datasource=docker depName=ghcr.io/acme/web
webVersion: <1.0.0>
# renovate: datasource=docker depName=web packageName=ghcr.io/acme/web versioning=semver
anotherVersion: \"<1.0.0>\"
# renovate: datasource=github-releases depName=acme/web
toolVersion: 1.0.0
";

const UPDATER: &str = "apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  annotations:
    argocd-image-updater.argoproj.io/image-list: web=ghcr.io/acme/web:~1.0, side=ghcr.io/acme/side
    argocd-image-updater.argoproj.io/web.helm.image-tag: front.release
    argocd-image-updater.argoproj.io/web.update-strategy: semver
spec:
  source:
    helm:
      parameters:
      - name: front.release
        value: <1.0.0>
      - name: image.tag
        value: 1.0.0
";

#[test]
fn images_move_in_every_form_of_file() {
    for (name, marked) in [
        ("HelmRelease of Flux", HELM_RELEASE),
        ("valuesObject of Argo CD", VALUES_OBJECT),
        ("values of Argo CD", VALUES_TEXT),
        ("parameters of Argo CD", PARAMETERS),
        ("kustomize of Argo CD", ARGO_KUSTOMIZE),
        ("kustomization.yaml", KUSTOMIZATION),
        ("docker-compose", COMPOSE),
        ("GitLab CI", GITLAB),
        ("workflow of GitHub", WORKFLOW),
        ("manifests", MANIFEST),
        ("markers of Flux", FLUX_MARKERS),
        ("annotations of Renovate", RENOVATE),
        ("annotations of the image updater", UPDATER),
        (
            "global registry",
            "global: {imageRegistry: ghcr.io}\nimage: {repository: acme/web, tag: <1.0.0>}\nother: {repository: quay.io/acme/web, tag: 1.0.0}\n",
        ),
        (
            "subcharts and aliases",
            "shop:\n  front:\n    image: {registry: ghcr.io, repository: acme/web, tag: <1.0.0>}\n",
        ),
    ] {
        check(name, marked);
        check(name, &marked.replace('\n', "\r\n"));
    }
}

#[test]
fn digests_move_in_other_forms_too() {
    let (old, new) = (
        format!("sha256:{}", "a".repeat(64)),
        format!("sha256:{}", "b".repeat(64)),
    );
    for source in [
        "kind: Kustomization\nimages:\n- name: web\n  newName: ghcr.io/acme/web\n  digest: OLD\n",
        "apiVersion: argoproj.io/v1alpha1\nspec:\n  source:\n    kustomize:\n      images:\n      - web=ghcr.io/acme/web@OLD\n",
        "jobs: {a: {steps: [{uses: 'docker://ghcr.io/acme/web@OLD'}]}}\non: push\n",
        "apiVersion: argoproj.io/v1alpha1\nspec:\n  source:\n    helm:\n      values: |-\n        image:\n          repository: ghcr.io/acme/web\n          digest: OLD\n",
    ] {
        let want = source.replace("OLD", &new);
        let source = source.replace("OLD", &old);
        assert_eq!(moved(&source, &format!("ghcr.io/acme/web@{new}")), Ok(want), "{source}");
        let error = moved(&source, "ghcr.io/acme/web:2.0.0").expect_err(&source);
        assert!(error.contains("pins a digest"), "{error}");
    }
}

#[test]
fn another_registry_is_another_image() {
    for source in [
        "global: {imageRegistry: quay.io}\nimage: {repository: acme/web, tag: 1.0.0}\n",
        "images: [{name: acme/web, newTag: 1.0.0}]\n",
        "a: 1.0.0 # {\"$imagepolicy\": \"flux-system:web:tag\"}\n",
        "# renovate: datasource=docker depName=acme/web\nversion: 1.0.0\n",
        "apiVersion: argoproj.io/v1alpha1\nspec: {source: {helm: {parameters: [{name: image.tag, value: 1.0.0}]}}}\n",
        // What is folded or in quotes is not edited inside.
        "apiVersion: argoproj.io/v1alpha1\nspec:\n  source:\n    helm:\n      values: \"image: {repository: ghcr.io/acme/web, tag: 1.0.0}\"\n",
    ] {
        let error = moved(source, "ghcr.io/acme/web:2.0.0").expect_err(source);
        assert_eq!(error, "no value names the image `ghcr.io/acme/web`", "{source}");
    }
}
