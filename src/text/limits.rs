//! The limits on what a chart and its renderings may use before they are stopped. Helm has
//! few of them and runs out of memory or time instead. Charts of public repositories stay below a tenth of each;
//! docs/limits.md explains them to users.

/// Bytes of a file of a chart or of an archive; also of all files of a chart together, with those
/// in its archives. Helm's limit on an unpacked chart.
pub const FILE_BYTES: u64 = 100 << 20;

/// Bytes of a values file; also of those in a chart and its subcharts together. As values, a text needs up to thirty times
/// its size, and the largest of two thousand public ones has 0.4 MB.
pub const VALUES_BYTES: usize = 16 << 20;

/// Words, signs and spaces in the actions of templates that one thread compiles for a chart. The largest public chart has 0.2 million
/// in all; a million takes 100 MB.
pub const TEMPLATE_TOKENS: u32 = 2_100_000;

/// Bytes of a JSON schema. In memory it takes up to forty times its size; the largest public one of a chart has 0.2 MB, and all of
/// Kubernetes' definitions have 4 MB.
pub const SCHEMA_BYTES: usize = 8 << 20;

/// Values in one YAML or JSON text: mappings, lists, keys and scalars.
pub const YAML_NODES: usize = 2_000_000;

/// Values in a text that becomes values, metadata or a schema, those that aliases repeat included.
pub const DECODED_NODES: u64 = 1_000_000;

/// Files of a chart together, with those in its archives, and of the charts that it depends on by path.
pub const CHART_FILES: usize = 50_000;

/// Copies of subcharts that the aliases of a chart and its subcharts make, those in other copies included. Their files and
/// values have limits as well: [`CHART_FILES`], [`FILE_BYTES`], [`VALUES_BYTES`].
pub const CHART_COPIES: usize = 10_000;

/// Bytes that are read of a device, such as a terminal, which the user named: it may have no end.
pub const DEVICE_BYTES: u64 = 32 << 20;

/// Bytes of a file of manifests, and of a repository's index.
pub const MANIFEST_BYTES: u64 = 1 << 30;

/// Bytes of the index of a remote repository, unpacked. The largest public ones have 30 MB.
pub const INDEX_BYTES: u64 = 256 << 20;

/// Versions of a chart in an index, and of all charts that are listed: 300 MB. The largest public index has 30,000 of all charts.
pub const INDEX_VERSIONS: usize = 150_000;

/// Bytes of an archive that is fetched. Helm reads no chart that is larger when it is unpacked.
pub const ARCHIVE_BYTES: u64 = FILE_BYTES;

/// Bytes of a manifest of a registry, which the specification has registries accept, and of a page of its tags.
pub const REGISTRY_ANSWER_BYTES: u64 = 4 << 20;

/// Bytes of Chart.yaml, requirements.yaml and their locks. The largest public ones have 30 KB.
pub const METADATA_BYTES: usize = 1 << 20;

/// Bytes of a small file: .helmignore, .sops.yaml.
pub const SETTINGS_BYTES: u64 = 1 << 20;

/// Nodes that the templates of one rendering may execute; slow functions and large values count as many.
pub const RENDERING_STEPS: u64 = 20_000_000;

/// Steps of a rendering that is repeated: to explain a failure, or to see what differs each time. No honest chart needs more, and
/// what one takes that does is not spent twice.
pub const REPEATED_STEPS: u64 = RENDERING_STEPS / 10;

/// Bytes that the templates of one rendering may write.
pub const RENDERING_OUTPUT: usize = 32 << 20;

/// Bytes of values that the templates of one rendering may make, whether or not they keep them.
pub const RENDERING_MEMORY: u64 = 256 << 20;

/// Values that the templates of one rendering may read in different places, where reads are recorded to explain findings: 100 MB.
pub const RENDERING_READS: usize = 1_000_000;

/// Bytes of the outputs of `include` and `tpl` that are kept to locate what is printed of them. Beyond them only the action that
/// prints is known, which is not an error.
pub const CAPTURED_BYTES: usize = 32 << 20;

/// Bytes that the result of one call may have, and that a value may have once it is written out.
pub const VALUE_BYTES: usize = 32 << 20;

/// Items that a list made by one call may have.
pub const LIST_ITEMS: usize = 1 << 20;

/// Steps of validating a value against a JSON schema: schemas looked at, values compared, texts matched.
pub const SCHEMA_STEPS: u64 = 5_000_000;

/// Bytes of the errors that validating a value makes, whether or not they are kept.
pub const SCHEMA_ERROR_BYTES: u64 = 32 << 20;

/// Schemas in a JSON schema and in those that it refers to.
pub const SCHEMA_PARTS: usize = 100_000;

/// Characters, ranges and positions of all patterns of a JSON schema, their repetitions written out.
pub const SCHEMA_PATTERN_PARTS: u64 = 2_000_000;

/// Keys and values in the schema of a custom resource. The API server does not store a definition of so many: it refuses
/// requests of more than 3 MiB.
pub const DEFINITION_NODES: usize = 500_000;

/// Bytes of the expressions of all rules of a definition, each with [`DEFINITION_RULE_BYTES`] more: compiling them takes a second.
pub const DEFINITION_RULES_BYTES: u64 = 1 << 19;

/// Bytes that a rule counts as, whatever its length.
pub const DEFINITION_RULE_BYTES: u64 = 128;

/// Findings of a chart, and of a document, that are reported.
pub const FINDINGS: usize = 20_000;

/// Bytes of their texts.
pub const FINDING_BYTES: usize = 16 << 20;

/// Findings of a report, of all its charts or files: those of 500 charts with a hundred each.
pub const REPORT_FINDINGS: usize = 50_000;

/// Bytes of their texts.
pub const REPORT_BYTES: usize = 32 << 20;

/// Documents that a rendering may consist of to be judged.
pub const RENDERED_DOCUMENTS: usize = 50_000;

/// Documents of a file of manifests: the verdicts on them take 250 MB.
pub const MANIFEST_DOCUMENTS: usize = 100_000;

/// Bytes of the faults of all documents of a run that are kept. Beyond them, the first fault of each document is.
pub const VERDICT_BYTES: usize = 64 << 20;

/// Steps of all renderings of a chart together, where two bytes that are written or read as values count as one: once they are spent,
/// no other rendering is begun.
pub const CHART_STEPS: u64 = 2 * RENDERING_STEPS;

/// Bytes that are written, or read as values, in one of them.
pub const BYTES_OF_A_STEP: u64 = 2;

/// Steps that a rendering counts as besides those of its templates.
pub const STEPS_OF_A_RENDERING: u64 = 20_000;

/// Steps that each of its documents counts as.
pub const STEPS_OF_A_DOCUMENT: u64 = 200;

/// Steps that each of its findings counts as.
pub const STEPS_OF_A_FINDING: u64 = 200;

/// Bytes of a message, and of each of its lines, that are shown: of a longer one its beginning and its end.
pub const SHOWN_BYTES: usize = 2_048;

/// Bytes of a file that is edited, and values in it: before and after, it is read twice.
pub const EDITED_BYTES: u64 = 16 << 20;

/// Values of a file that is edited: mappings, lists, keys and scalars, of all its documents.
pub const EDITED_NODES: usize = 1_000_000;

/// Edits of one file.
pub const EDITS: usize = 20_000;

/// Levels of a file in which images are looked for. Those of a Deployment in a list are eight levels deep.
pub const SEARCHED_LEVELS: usize = 32;

/// Bytes of a file that are read to make its edits: a file whose edits cannot be made together is read again and again.
pub const EDITING_BYTES: usize = 128 << 20;

/// Objects in a chart repository that are listed. The largest public one has 40,000 archives; each costs some hundred bytes.
pub const REPOSITORY_OBJECTS: usize = 1_000_000;

/// Pages of the listing of a chart repository, for a store that never says that a page is the last. Stores have 1,000 objects on a page.
pub const REPOSITORY_PAGES: usize = REPOSITORY_OBJECTS / 100;

/// Bytes of the name of an object in a repository: S3 and Google Cloud Storage allow that many.
pub const OBJECT_NAME_BYTES: usize = 1024;

/// Bytes of git's file of packed references: the Linux kernel's has half a megabyte.
pub const PACKED_REFS_BYTES: u64 = 64 << 20;
