//! Which chartwright.yaml counts: the nearest of the directory that a command is about, or above it in its repository.

use super::workspace::{CHART, CONFIG_MAP, Run, Workspace};

const SETTINGS: &str = "charts: [charts]\nexclude: [old]\nfailOn: warning\nvalues: [ci/*.yaml, ../../values/*.yaml]\nrepositories: [{name: shop, url: file://published, branches: ['*']}]\nenvironments:\n- {name: live, chart: charts/web, values: [../../values/web.yaml]}\n- {name: test, chart: charts/api, values: [../../values/web.yaml]}\n";

/// A repository with settings at its top, and a directory beside it that is in none.
fn workspace(settings: &str) -> Workspace {
    let workspace = Workspace::new(&[
        ("repo/chartwright.yaml", settings),
        (
            "repo/values/web.yaml",
            "image: {repository: example.com/x, tag: 1.0.0}\n",
        ),
    ]);
    for chart in [
        "repo/charts/web",
        "repo/charts/api",
        "repo/charts/old/x",
        "repo/other/y",
    ] {
        workspace.write(&format!("{chart}/Chart.yaml"), CHART);
        workspace.write(&format!("{chart}/templates/a.yaml"), CONFIG_MAP);
    }
    std::fs::create_dir(workspace.path("repo/.git")).expect("a directory");
    workspace
}

/// The charts that are checked.
fn charts(run: &Run) -> Vec<String> {
    let plan: serde_json::Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{}", run.all()));
    let charts = plan["charts"].as_array().expect("charts").iter();
    let shown = charts.map(|chart| {
        let values = chart["values"].as_array().map_or(0, Vec::len);
        let environments = chart["environments"].as_array().map_or(0, Vec::len);
        format!("{} {values} {environments}", chart["path"].as_str().unwrap_or("-"))
    });
    let mut shown: Vec<String> = shown.collect();
    shown.sort();
    shown
}

#[test]
fn ci_of_a_directory_is_about_the_charts_of_the_settings_above_that_are_in_it() {
    let workspace = workspace(SETTINGS);
    for (place, directory, want) in [
        ("repo", ".", &["charts/api 0 1", "charts/web 0 1"][..]),
        ("repo", "charts", &["charts/api 0 1", "charts/web 0 1"]),
        ("repo", "charts/web", &["charts/web 0 1"]),
        ("repo/charts", "web/", &["charts/web 0 1"]),
        ("repo/charts/web", ".", &["charts/web 0 1"]),
        ("repo/values", "../charts/./web", &["charts/web 0 1"]),
        (".", "repo/charts/api", &["charts/api 0 1"]),
        ("repo", "charts/old", &["charts/old/x 0 0"]),
        ("repo", "other", &[]),
        ("repo", "values", &[]),
    ] {
        let run = workspace.run_in(place, &["ci", directory, "--plan"]);
        if want.is_empty() {
            assert_eq!(run.code, 2, "{directory}: {}", run.all());
            let hint = "`charts` in ./chartwright.yaml says which directories have charts";
            assert!(run.stderr.contains(hint), "{directory}: {}", run.all());
        } else {
            assert_eq!(charts(&run), want, "{place} {directory}: {}", run.all());
        }
    }
}

#[test]
fn all_commands_read_the_nearest_settings() {
    let workspace = workspace(&SETTINGS.replace("failOn: warning", "failOn: warn"));
    let fault = "chartwright.yaml:3:9: unknown variant `warn`";
    let archive = "repo/x-0.1.0.tgz";
    workspace.write(archive, "");
    for arguments in [
        &["ci", "--no-push"][..],
        &["ci", "../web", "--no-push"],
        &["lint"],
        &["doctor", "--offline"],
        &["init"],
        &["status"],
        &["status", "-C", "../web"],
        &["push", "../../x-0.1.0.tgz", "--to", "shop"],
        &["package", ".", "--version-suffix"],
        &["repo", "list", "shop"],
    ] {
        let run = workspace.run_in("repo/charts/web", arguments);
        assert!(
            run.all().contains(&format!("../../{fault}")),
            "{arguments:?}: {}",
            run.all()
        );
        // The same directory in a repository of its own has none above it.
        std::fs::create_dir(workspace.path("repo/charts/web/.git")).expect("a directory");
        let run = workspace.run_in("repo/charts/web", arguments);
        assert!(
            !run.all().contains(fault) || arguments.contains(&"../web"),
            "{arguments:?}: {}",
            run.all()
        );
        std::fs::remove_dir(workspace.path("repo/charts/web/.git")).expect("removed");
    }
}

#[test]
fn environments_are_those_of_the_charts_in_the_directory() {
    let workspace = workspace(SETTINGS);
    for (place, directory, name, code) in [
        ("repo", "charts/web", "live", 0),
        ("repo", "charts/web", "test", 2),
        ("repo/charts/api", ".", "test", 0),
        ("repo/charts/api", ".", "live", 2),
        ("repo/charts", ".", "live", 0),
        (".", "repo", "test", 0),
    ] {
        // The values file is above the directory, and below that of the settings.
        let run = workspace.run_in(place, &["values", name, "-C", directory]);
        let has_image = run.stdout.contains("image.tag: 1.0.0");
        assert_eq!(
            (run.code, has_image),
            (code, code == 0),
            "{directory} {name}: {}",
            run.all()
        );
    }
}

#[test]
fn settings_above_name_only_what_is_below_their_own_directory() {
    let workspace = workspace("charts: [../outside]\n");
    let run = workspace.run_in("repo/charts/web", &["ci", "--no-push"]);
    assert_eq!(run.code, 2, "{}", run.all());
    assert!(
        run.stderr
            .contains("../../chartwright.yaml:1:10: ../../../outside leads out of ../.."),
        "{}",
        run.all()
    );
}

/// A file from outside of a checkout that is not trusted is about the checkout, and may name charts beside it.
#[test]
fn paths_of_a_named_file_start_at_the_directory_that_the_command_is_about() {
    let workspace = workspace("charts: [../outside]\n");
    workspace.write("trusted/settings.yaml", "charts: [charts]\nexclude: [old]\n");
    workspace.write("trusted/more.yaml", "charts: [../other, .]\nexclude: [charts]\n");
    for (place, directory, file, want) in [
        (
            ".",
            "repo",
            "trusted/settings.yaml",
            &["charts/api 0 0", "charts/web 0 0"][..],
        ),
        (
            "trusted",
            "../repo",
            "settings.yaml",
            &["charts/api 0 0", "charts/web 0 0"],
        ),
        (
            "repo/charts",
            "..",
            "../../trusted/settings.yaml",
            &["charts/api 0 0", "charts/web 0 0"],
        ),
        (
            "repo/charts",
            ".",
            "../../trusted/more.yaml",
            &["charts/api 0 0", "charts/old/x 0 0", "charts/web 0 0", "other/y 0 0"],
        ),
    ] {
        let run = workspace.run_in(place, &["ci", directory, "--config", file, "--plan"]);
        assert_eq!(charts(&run), want, "{place} {directory}: {}", run.all());
    }
    let schema = std::fs::read_to_string("schemas/chartwright.schema.json").expect("the schema");
    assert!(schema.contains("if the file is named by --config, relative to the directory that the command is about"));
}
