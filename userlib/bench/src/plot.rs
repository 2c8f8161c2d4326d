// SPDX-License-Identifier: MIT OR Apache-2.0

//! Plots, as SVG.

use std::path::Path;

use plotters::prelude::*;

use crate::report::Report;
use crate::rows::size_value;
use crate::trouble::{Doing, Outcome, Trouble};

/// One line of a plot.
struct Line {
    name: String,
    points: Vec<(f64, f64)>,
}

/// What a plot shows.
struct Plot<'a> {
    file: &'a str,
    title: &'a str,
    x: &'a str,
    y: &'a str,
    lines: Vec<Line>,
    /// Both axes are logarithmic.
    log_y: bool,
}

/// Colours that are told apart, also by those who see few.
const COLOURS: [RGBColor; 8] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(90, 90, 90),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(0, 0, 0),
];

/// Lines of rows below a prefix: `key` takes the rest of a name apart into the line's name and the place on the axis.
fn lines(
    report: &Report,
    prefix: &str,
    scale: f64,
    key: impl Fn(&str) -> Option<(String, f64)>,
) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for (rest, row) in report.below(prefix) {
        let Some((name, x)) = key(rest) else { continue };
        let point = (x.max(1.0), row.figure.median * scale);
        match lines.iter_mut().find(|l| l.name == name) {
            Some(line) => line.points.push(point),
            None => lines.push(Line {
                name,
                points: vec![point],
            }),
        }
    }
    lines.retain(|l| l.points.len() > 1);
    for line in &mut lines {
        line.points.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
    lines
}

fn third(rest: &str, last: &str) -> Option<(String, f64)> {
    let mut words = rest.splitn(3, '/');
    let (name, size) = (words.next()?, words.next()?);
    (words.next() == Some(last)).then_some(())?;
    Some((name.to_string(), size_value(size)?))
}

fn second(rest: &str) -> Option<(String, f64)> {
    let (name, size) = rest.split_once('/')?;
    Some((name.to_string(), size_value(size)?))
}

/// Draws all plots there are rows for; how many.
pub fn plots(report: &Report, folder: &Path) -> Outcome<usize> {
    let all = [
        Plot {
            file: "latency-instructions.svg",
            title: "Round trip, one CPU: instructions",
            x: "bytes each way (0 is drawn at 1)",
            y: "instructions",
            lines: lines(report, "icount/short/", 1.0, |r| third(r, "1cpu")),
            log_y: false,
        },
        Plot {
            file: "latency-wall.svg",
            title: "Round trip, one CPU: time",
            x: "bytes each way (0 is drawn at 1)",
            y: "microseconds",
            lines: lines(report, "wall/short/", 1e-3, |r| third(r, "1cpu")),
            log_y: false,
        },
        Plot {
            file: "pages.svg",
            title: "Bulk, contiguous: instructions a page above the copy",
            x: "bytes",
            y: "instructions a page",
            lines: lines(report, "icount/bulk/", 1.0, |r| third(r, "contiguous")),
            log_y: false,
        },
        Plot {
            file: "bandwidth.svg",
            title: "Bulk, contiguous: bandwidth",
            x: "bytes",
            y: "MB/s",
            lines: lines(report, "wall/bulk/", 1e-6, |r| third(r, "contiguous")),
            log_y: true,
        },
        Plot {
            file: "scale.svg",
            title: "Cost while others are there: instructions (parts: each)",
            x: "blocked clients, connections, parts",
            y: "instructions",
            lines: lines(report, "icount/scale/", 1.0, second),
            log_y: true,
        },
        Plot {
            file: "threads.svg",
            title: "16 clients on two CPUs: round trips a second",
            x: "server threads",
            y: "round trips/s",
            lines: lines(report, "wall/scale/", 1.0, second),
            log_y: false,
        },
    ];
    let mut drawn = 0;
    for plot in all.iter().filter(|p| !p.lines.is_empty()) {
        draw(plot, folder)?;
        drawn += 1;
    }
    Ok(drawn)
}

fn draw(plot: &Plot, folder: &Path) -> Outcome<()> {
    let points = || plot.lines.iter().flat_map(|l| &l.points);
    let x_max = points().map(|p| p.0).fold(1.0, f64::max);
    let x_min = points().map(|p| p.0).fold(x_max, f64::min);
    let y_max = points().map(|p| p.1).fold(1e-9, f64::max);
    let y_min = points().map(|p| p.1).fold(y_max, f64::min);
    let path = folder.join(plot.file);
    let x = (x_min..x_max * 1.1).log_scale();
    if plot.log_y {
        draw_on(
            plot,
            &path,
            x,
            (y_min.max(1e-3) * 0.8..y_max * 1.3).log_scale(),
        )
    } else {
        draw_on(plot, &path, x, y_min.min(0.0)..y_max * 1.1)
    }
}

fn draw_on<X, Y>(plot: &Plot, path: &Path, x: X, y: Y) -> Outcome<()>
where
    X: plotters::coord::ranged1d::AsRangedCoord<Value = f64>,
    Y: plotters::coord::ranged1d::AsRangedCoord<Value = f64>,
    X::CoordDescType: plotters::coord::ranged1d::ValueFormatter<f64>,
    Y::CoordDescType: plotters::coord::ranged1d::ValueFormatter<f64>,
{
    let wrong = |e: String| Trouble::Failed(format!("{}: {e}", path.display()));
    let area = SVGBackend::new(path, (900, 560)).into_drawing_area();
    area.fill(&WHITE).map_err(|e| wrong(e.to_string()))?;
    let mut chart = ChartBuilder::on(&area)
        .caption(plot.title, ("sans-serif", 20))
        .margin(12)
        .x_label_area_size(44)
        .y_label_area_size(84)
        .build_cartesian_2d(x, y)
        .map_err(|e| wrong(e.to_string()))?;
    let short = |v: &f64| match *v {
        v if v >= 1e6 => format!("{}M", v / 1e6),
        v if v >= 1e4 => format!("{}k", v / 1e3),
        v => format!("{v}"),
    };
    chart
        .configure_mesh()
        .x_desc(plot.x)
        .y_desc(plot.y)
        .x_label_formatter(&short)
        .y_label_formatter(&short)
        .light_line_style(WHITE)
        .draw()
        .map_err(|e| wrong(e.to_string()))?;
    for (n, line) in plot.lines.iter().enumerate() {
        let ours = line.name.starts_with("qipc");
        let colour = COLOURS[n % COLOURS.len()];
        let style = ShapeStyle {
            color: colour.to_rgba(),
            filled: n < COLOURS.len(),
            stroke_width: if ours { 3 } else { 1 },
        };
        chart
            .draw_series(
                LineSeries::new(line.points.iter().copied(), style).point_size(if ours {
                    4
                } else {
                    3
                }),
            )
            .map_err(|e| wrong(e.to_string()))?
            .label(line.name.clone())
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK)
        .draw()
        .map_err(|e| wrong(e.to_string()))?;
    area.present().doing("plot")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Row;
    use crate::stats::Figure;

    #[test]
    fn a_plot_names_its_lines() {
        let row = |name: &str, v: f64| Row {
            name: name.into(),
            unit: String::new(),
            figure: Figure::of(&[v]).unwrap(),
        };
        let mut report = Report::default();
        for size in ["8", "4096"] {
            report
                .rows
                .push(row(&format!("icount/short/pipe/{size}/1cpu"), 15000.0));
        }
        let folder = std::env::temp_dir().join(format!("qipc-bench-test-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        assert_eq!(plots(&report, &folder).unwrap(), 1);
        let svg = std::fs::read_to_string(folder.join("latency-instructions.svg")).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(svg.contains("<svg") && svg.contains("pipe"), "{svg}");
    }
}
