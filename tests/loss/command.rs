//! `clip-lab loss` from file to text, without the binary.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use clip_lab::cli::Format;
use clip_lab::cli::loss::{LossArgs, answer};
use clip_lab::error::{Error, Kind};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde_json::Value;
use tempfile::TempDir;

#[derive(Parser)]
struct Root {
    #[command(flatten)]
    loss: LossArgs,
}

fn args(file: &Path, more: &[&str]) -> Result<LossArgs, clap::Error> {
    let words = ["loss", file.to_str().unwrap()]
        .into_iter()
        .chain(more.iter().copied());
    Root::try_parse_from(words).map(|root| root.loss)
}

fn ask(file: &Path, more: &[&str], format: Format) -> Result<String, Error> {
    answer(&args(file, more).unwrap(), format)
}

fn json(file: &Path, more: &[&str]) -> Value {
    serde_json::from_str(&ask(file, more, Format::Json).unwrap()).unwrap()
}

fn number(object: &Value, key: &str) -> f64 {
    object[key]
        .as_f64()
        .unwrap_or_else(|| panic!("{key} is {}", object[key]))
}

fn bytes(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

type Entry<'a> = (&'a str, Dtype, &'a [usize], Vec<u8>);

fn safetensors(folder: &TempDir, entries: &[Entry<'_>]) -> PathBuf {
    let views = entries.iter().map(|(name, dtype, shape, data)| {
        (
            *name,
            TensorView::new(*dtype, shape.to_vec(), data).unwrap(),
        )
    });
    let path = folder.path().join("features.safetensors");
    fs::write(&path, ::safetensors::serialize(views, None).unwrap()).unwrap();
    path
}

/// Two pairs in two dimensions, all four rows as given.
fn features(folder: &TempDir, rows: [[f32; 2]; 4]) -> PathBuf {
    let flat = rows.concat();
    safetensors(
        folder,
        &[
            ("image_features", Dtype::F32, &[2, 2], bytes(&flat[..4])),
            ("text_features", Dtype::F32, &[2, 2], bytes(&flat[4..])),
        ],
    )
}

const GOOD: [[f32; 2]; 4] = [[1.0, 0.0], [0.0, 1.0], [0.8, 0.6], [0.6, 0.8]];

fn csv(folder: &TempDir, text: &str) -> PathBuf {
    let path = folder.path().join("cosines.csv");
    fs::write(&path, text).unwrap();
    path
}

fn refusal(file: &Path, more: &[&str]) -> String {
    let error = ask(file, more, Format::Json).unwrap_err();
    assert_eq!(error.kind(), Kind::User, "{error}");
    assert_eq!(error.exit_code(), 2);
    let folder = file.parent().unwrap().display().to_string();
    error.to_string().replace(&format!("{folder}/"), "")
}

#[test]
fn json_has_the_keys_that_scripts_rely_on() {
    let folder = TempDir::new().unwrap();
    let file = features(&folder, GOOD);
    let object = json(&file, &[]);
    let keys: Vec<&String> = object.as_object().unwrap().keys().collect();
    let mut wanted = vec![
        "loss",
        "loss_image_to_text",
        "loss_text_to_image",
        "grad_logit_scale",
        "grad_logit_bias",
        "n",
        "d",
        "tile",
        "precision",
        "seconds",
        "extra_mib",
    ];
    wanted.sort_unstable();
    assert_eq!(keys, wanted);
    // S = [[.8, .6], [.6, .8]] / 0.07: every term is ln(1 + exp(-0.2 / 0.07)).
    let by_hand = (-0.2f64 / 0.07).exp().ln_1p();
    for key in ["loss", "loss_image_to_text", "loss_text_to_image"] {
        assert!((number(&object, key) / by_hand - 1.0).abs() < 1e-5, "{key}");
    }
    assert_eq!(
        (object["n"].as_u64(), object["d"].as_u64()),
        (Some(2), Some(2))
    );
    assert_eq!(
        (object["tile"].as_u64(), object["precision"].as_str()),
        (Some(256), Some("fp32"))
    );
    let dense = json(&file, &["--tile", "dense"]);
    assert_eq!(dense["tile"].as_str(), Some("dense"));
    assert!(object["grad_logit_bias"].is_null());
    assert!(number(&object, "seconds") > 0.0);
}

#[test]
fn the_sigmoid_loss_defaults_to_its_own_temperature_and_bias() {
    let folder = TempDir::new().unwrap();
    let file = features(&folder, GOOD);
    let softplus = |x: f64| x.exp().ln_1p();
    let by_hand =
        |scale: f64, bias: f64| softplus(-(0.8 * scale + bias)) + softplus(0.6 * scale + bias);
    let object = json(&file, &["--loss", "siglip"]);
    assert!((number(&object, "loss") / by_hand(10.0, -10.0) - 1.0).abs() < 1e-5);
    assert!(object["loss_image_to_text"].is_null());
    number(&object, "grad_logit_bias");

    let object = json(
        &file,
        &["--loss", "siglip", "--temperature", "1", "--bias", "none"],
    );
    assert!((number(&object, "loss") / by_hand(1.0, 0.0) - 1.0).abs() < 1e-5);
    assert!(object["grad_logit_bias"].is_null());
}

#[test]
fn info_nce_with_a_bias_has_a_gradient_of_zero_for_it() {
    let folder = TempDir::new().unwrap();
    let file = features(&folder, GOOD);
    let object = json(&file, &["--bias", "-10"]);
    assert_eq!(number(&object, "grad_logit_bias"), 0.0);
    assert_eq!(object["loss"], json(&file, &[])["loss"]);
}

#[test]
fn gradients_are_written_as_they_are() {
    let folder = TempDir::new().unwrap();
    let file = features(&folder, GOOD);
    let out = folder.path().join("gradients.safetensors");
    let object = json(
        &file,
        &["--loss", "siglip", "--grad", out.to_str().unwrap()],
    );
    let bytes = fs::read(&out).unwrap();
    let gradients = SafeTensors::deserialize(&bytes).unwrap();
    let read = |name: &str| {
        let view = gradients.tensor(name).unwrap();
        assert_eq!(view.dtype(), Dtype::F32);
        let values: Vec<f64> = view
            .data()
            .chunks(4)
            .map(|x| f64::from(f32::from_le_bytes(x.try_into().unwrap())))
            .collect();
        (view.shape().to_vec(), values)
    };
    // dL/dx_0 = (t/B) sum_j (sigma(z_0j) - [j = 0]) y_j, with z_00 = -2 and z_01 = -4.
    let sigma = |x: f64| 1.0 / (1.0 + (-x).exp());
    let by_hand = 5.0 * ((sigma(-2.0) - 1.0) * 0.8 + sigma(-4.0) * 0.6);
    let (shape, image) = read("image_features");
    assert_eq!(shape, [2, 2]);
    assert!(
        (image[0] / by_hand - 1.0).abs() < 1e-5,
        "{} {by_hand}",
        image[0]
    );
    assert_eq!(read("text_features").0, [2, 2]);
    for name in ["logit_scale", "logit_bias"] {
        let (shape, value) = read(name);
        assert!(shape.is_empty());
        assert!((value[0] / number(&object, &format!("grad_{name}")) - 1.0).abs() < 1e-6);
    }
}

#[test]
fn normalize_divides_by_the_length() {
    let folder = TempDir::new().unwrap();
    let expected = json(&features(&folder, GOOD), &[])["loss"].clone();
    let scaled = features(&folder, [[3.0, 0.0], [0.0, 0.5], [8.0, 6.0], [0.06, 0.08]]);
    let found = json(&scaled, &["--normalize"])["loss"].clone();
    assert!((found.as_f64().unwrap() / expected.as_f64().unwrap() - 1.0).abs() < 1e-6);
}

#[test]
fn double_precision_on_request() {
    let folder = TempDir::new().unwrap();
    let file = csv(&folder, "0.9,0.1\n0.2,0.8\n");
    let object = json(&file, &["--precision", "fp64", "--temperature", "1"]);
    let term = |x: f64| (-x).exp().ln_1p();
    let by_hand = (term(0.8) + term(0.6) + term(0.7) + term(0.7)) / 4.0;
    assert!((number(&object, "loss") - by_hand).abs() < 1e-14);
    assert!(object["d"].is_null());
}

#[test]
fn csv_is_a_line_of_names_and_a_line_of_values() {
    let folder = TempDir::new().unwrap();
    let file = features(&folder, GOOD);
    let text = ask(&file, &["--loss", "siglip"], Format::Csv).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(
        lines[0],
        "loss,loss_image_to_text,loss_text_to_image,grad_logit_scale,grad_logit_bias,n,d,tile,precision,seconds,extra_mib"
    );
    let cells: Vec<&str> = lines[1].split(',').collect();
    assert_eq!(
        cells[0].parse::<f64>().unwrap(),
        number(&json(&file, &["--loss", "siglip"]), "loss")
    );
    assert_eq!((cells[1], cells[2]), ("", ""));
}

/// The table without the two lines that measure.
fn table(file: &Path, more: &[&str]) -> String {
    let text = ask(file, more, Format::Table).unwrap();
    let measured =
        |line: &&str| line.contains("forward and backward") || line.contains("memory on top");
    assert!(text.lines().any(|line| measured(&line)));
    text.lines()
        .filter(|line| !measured(line))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn a_small_matrix_is_worked_through() {
    let folder = TempDir::new().unwrap();
    let file = csv(&folder, "0.9, 0.1, 0.3\n0.2, 0.8, -0.1\n0.0, 0.4, 0.7\n");
    insta::assert_snapshot!("working_infonce", table(&file, &["--temperature", "0.5"]));
    insta::assert_snapshot!(
        "working_siglip",
        table(&file, &["--loss", "siglip", "--bias", "-4"])
    );
}

#[test]
fn a_larger_matrix_is_not_worked_through() {
    let folder = TempDir::new().unwrap();
    let row = ["0.5"; 9].join(",") + "\n";
    let file = csv(&folder, &row.repeat(9));
    let text = table(&file, &[]);
    assert!(!text.contains("softmax"), "{text}");
    let object = json(&file, &[]);
    assert!((number(&object, "loss") - 9f64.ln()).abs() < 1e-6);
}

#[test]
fn bad_features_are_refused_with_their_place() {
    let folder = TempDir::new().unwrap();
    let mut said = vec![];
    let mut try_rows =
        |rows: [[f32; 2]; 4], more: &[&str]| said.push(refusal(&features(&folder, rows), more));
    try_rows([GOOD[0], [0.0, 1.1], GOOD[2], GOOD[3]], &[]);
    try_rows([GOOD[0], GOOD[1], [0.0, 0.0], GOOD[3]], &[]);
    try_rows([GOOD[0], GOOD[1], [0.0, 0.0], GOOD[3]], &["--normalize"]);
    try_rows(
        [GOOD[0], [0.0, f32::NAN], GOOD[2], GOOD[3]],
        &["--normalize"],
    );
    try_rows([GOOD[0], GOOD[1], GOOD[2], [f32::INFINITY, 0.0]], &[]);
    insta::assert_snapshot!("bad_features", said.join("\n\n"));
}

#[test]
fn bad_safetensors_files_are_refused() {
    let folder = TempDir::new().unwrap();
    let unit = || bytes(&[1.0, 0.0, 0.0, 1.0]);
    let image = || ("image_features", Dtype::F32, [2usize, 2].as_slice(), unit());
    let mut said = vec![];
    let mut try_entries =
        |entries: &[Entry<'_>]| said.push(refusal(&safetensors(&folder, entries), &[]));
    try_entries(&[image()]);
    try_entries(&[("text", Dtype::F32, &[2, 2], unit()), image()]);
    try_entries(&[]);
    try_entries(&[image(), ("text_features", Dtype::F16, &[2, 2], vec![0; 8])]);
    try_entries(&[image(), ("text_features", Dtype::F32, &[4], unit())]);
    try_entries(&[
        image(),
        ("text_features", Dtype::F32, &[1, 2], bytes(&[1.0, 0.0])),
    ]);
    try_entries(&[image(), ("text_features", Dtype::F32, &[0, 2], vec![])]);
    insta::assert_snapshot!("bad_safetensors", said.join("\n\n"));
}

#[test]
fn broken_files_are_refused() {
    let folder = TempDir::new().unwrap();
    let whole = fs::read(features(&folder, GOOD)).unwrap();
    for length in [0, 4, 20, whole.len() - 1] {
        let path = folder.path().join("short.safetensors");
        fs::write(&path, &whole[..length]).unwrap();
        let said = refusal(&path, &[]);
        assert!(
            said.starts_with("short.safetensors: not a complete safetensors file: "),
            "{said}"
        );
    }
    let said = refusal(&folder.path().join("absent.safetensors"), &[]);
    assert!(
        said.starts_with("cannot read absent.safetensors: "),
        "{said}"
    );
    for name in ["features.npy", "features"] {
        let path = folder.path().join(name);
        fs::write(&path, "?").unwrap();
        let said = refusal(&path, &[]);
        assert!(
            said.contains(".safetensors") && said.contains(".csv"),
            "{said}"
        );
    }
}

#[test]
fn bad_matrices_are_refused_with_their_place() {
    let folder = TempDir::new().unwrap();
    let mut said = vec![];
    for text in [
        "",
        "0.5,0.1\n0.2\n",
        "0.5,0.1,0.3\n0.2,0.1,0.3\n",
        "a,b\n0.1,0.2\n",
        "1,\n0.5,1\n",
        "1,nan\n0,1\n",
        "1,0\n14.2,1\n",
    ] {
        said.push(refusal(&csv(&folder, text), &[]));
    }
    let file = csv(&folder, "");
    fs::write(&file, b"0.5\xff").unwrap();
    said.push(refusal(&file, &[]));
    insta::assert_snapshot!("bad_matrices", said.join("\n\n"));
}

#[test]
fn a_matrix_may_come_from_windows() {
    let folder = TempDir::new().unwrap();
    let file = csv(&folder, "\u{feff}0.9,0.1\r\n0.2,0.8\r\n\r\n");
    assert_eq!(json(&file, &[])["n"], 2);
}

#[cfg(target_os = "linux")]
#[test]
fn logits_that_do_not_fit_in_memory_are_refused_with_the_figure() {
    let folder = TempDir::new().unwrap();
    let ones = || bytes(&[1.0; 200_000]);
    let shape = [200_000, 1];
    let file = safetensors(
        &folder,
        &[
            ("image_features", Dtype::F32, &shape, ones()),
            ("text_features", Dtype::F32, &shape, ones()),
        ],
    );
    let said = refusal(&file, &["--tile", "dense"]);
    assert!(
        said.contains("the loss of 200000 pairs and its gradients need about 1043.1 GiB"),
        "{said}"
    );
    assert!(said.contains("leave --tile dense out"), "{said}");
}

#[test]
fn flags_that_do_not_fit_are_refused() {
    let folder = TempDir::new().unwrap();
    let cosines = csv(&folder, "0.9,0.1\n0.2,0.8\n");
    let file = features(&folder, GOOD);
    let said = [
        refusal(&cosines, &["--normalize"]),
        refusal(&cosines, &["--grad", "out.safetensors"]),
        refusal(&cosines, &["--tile", "64"]),
        refusal(&file, &["--tile", "64", "--precision", "fp64"]),
        refusal(&file, &["--tile", "dense", "--precision", "bf16"]),
        refusal(&file, &["--grad", file.to_str().unwrap()]),
        refusal(
            &file,
            &[
                "--grad",
                folder.path().join("no/such/folder").to_str().unwrap(),
            ],
        ),
    ]
    .join("\n\n")
    .replace(&format!("{}/", folder.path().display()), "");
    insta::assert_snapshot!("bad_flags", said);
}

#[test]
fn values_out_of_range_are_refused() {
    let file = Path::new("features.safetensors");
    let flags: [&[&str]; 9] = [
        &["--temperature", "0"],
        &["--temperature", "-1"],
        &["--temperature", "nan"],
        &["--temperature", "warm"],
        &["--bias", "-1001"],
        &["--bias", "inf"],
        &["--tile", "0"],
        &["--loss", "hinge"],
        &["--precision", "fp8"],
    ];
    for more in flags {
        let error = args(file, more).unwrap_err();
        assert_eq!(error.exit_code(), 2, "{more:?}");
        assert!(error.to_string().contains(more[1]), "{error}");
    }
}
