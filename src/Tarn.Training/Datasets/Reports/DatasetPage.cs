using System.Globalization;
using System.Net;
using System.Text;

namespace Tarn.Training;

/// <summary>A report on a dataset as one HTML page that needs nothing else: pictures are in it, and nothing is loaded from anywhere.</summary>
public static class DatasetPage
{
    private const int ShownOfACheck = 60;
    private const int SamplesOfAClass = 8;

    private const string Style = """
        :root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
        body { max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
        h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
        .muted { opacity: .7; } table { border-collapse: collapse; } td, th { padding: .3rem .8rem .3rem 0; text-align: left; vertical-align: top; }
        td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; } tr + tr td { border-top: 1px solid #8884; }
        .bar { display: inline-block; height: .6rem; background: #4a7; } .bar.v { background: #d93; } .bar.t { background: #47b; }
        img { width: 112px; height: 112px; object-fit: contain; background: #8882; border-radius: 4px; margin: 0 .3rem .3rem 0; }
        .none { display: inline-block; width: 112px; height: 112px; background: #8882; border-radius: 4px; text-align: center; line-height: 112px; opacity: .6; margin: 0 .3rem .3rem 0; }
        code { overflow-wrap: anywhere; } .out { color: #c33; }
        """;

    private static readonly CultureInfo Culture = CultureInfo.InvariantCulture;

    /// <summary>Makes the page of a report.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="report">The report, as <see cref="ImageDataset.ReportAsync"/> made it.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public static async Task<string> MakeAsync(ImageDataset dataset, DatasetReport report, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(report);
        var snapshot = await dataset.SnapshotAsync(report.Version, cancellationToken).ConfigureAwait(false);
        var pictures = await PicturesAsync(dataset, snapshot, report, cancellationToken).ConfigureAwait(false);
        var page = new StringBuilder();
        page.Append(Culture, $"<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{Text(report.Table)} version {report.Version}</title><style>{Style}</style><body>");
        page.Append(Culture, $"<h1>{Text(report.Table)}</h1><p class=\"muted\">Version {report.Version}, looked at {report.MadeAt:yyyy-MM-dd HH:mm} UTC. {report.Images} images, {report.Bytes / 1e6:0.0} MB");
        page.Append(Culture, $"{(report.Widths is [var least, var middle, var most] ? $", {least} to {most} pixels wide (half of them under {middle})" : "")}; {string.Join(", ", report.Formats.Select(static f => $"{f.Value} {f.Key}"))}; {report.Groups} groups of images that look alike; {report.Quarantined} files kept out.</p>");
        Classes(page, report);
        Samples(page, snapshot, pictures);
        Findings(page, report, pictures);
        Uses(page, report);
        return page.Append("</body></html>").ToString();
    }

    private static void Classes(StringBuilder page, DatasetReport report)
    {
        page.Append("<h2>Classes</h2><table><tr><th>class<th class=\"n\">train<th class=\"n\">validation<th class=\"n\">test<th class=\"n\">all<th></tr>");
        var most = Math.Max(1, report.Classes.Select(static c => c.All).DefaultIfEmpty().Max());
        foreach (var c in report.Classes)
        {
            page.Append(Culture, $"<tr><td>{Text(c.Label)}<td class=\"n\">{c.Train}<td class=\"n\">{c.Validation}<td class=\"n\">{c.Test}<td class=\"n\">{c.All}<td>");
            foreach (var (count, kind) in new[] { (c.Train, "r"), (c.Validation, "v"), (c.Test, "t") })
            {
                page.Append(Culture, $"<span class=\"bar {kind}\" style=\"width:{240.0 * count / most:0.#}px\"></span>");
            }
        }

        page.Append("</table>");
    }

    private static void Samples(StringBuilder page, ImageDatasetSnapshot snapshot, Dictionary<string, string?> pictures)
    {
        foreach (var label in snapshot.Classes)
        {
            page.Append(Culture, $"<h2>{Text(label)}</h2><div>");
            foreach (var image in SamplesOf(snapshot, label))
            {
                page.Append(Picture(pictures.GetValueOrDefault(image.Sha256), image.Path));
            }

            page.Append("</div>");
        }
    }

    private static void Findings(StringBuilder page, DatasetReport report, Dictionary<string, string?> pictures)
    {
        foreach (var check in report.Findings.GroupBy(static f => f.Check))
        {
            page.Append(Culture, $"<h2>{Text(Words(check.Key))}: {check.Count()}</h2><table>");
            foreach (var finding in check.Take(ShownOfACheck))
            {
                page.Append("<tr><td style=\"white-space:nowrap\">");
                foreach (var name in new[] { finding.Subject, finding.Related }.OfType<string>())
                {
                    page.Append(Picture(pictures.GetValueOrDefault(name), name));
                }

                page.Append(Culture, $"<td><code>{Text(finding.Subject)}</code>{(finding.IsQuarantined ? " <span class=\"out\">kept out</span>" : "")}<br>{Text(finding.Reason)}");
                page.Append(Culture, $"{(finding.Remedy is null ? "" : $"<br><span class=\"muted\">{Text(finding.Remedy)}</span>")}</tr>");
            }

            page.Append("</table>");
            if (check.Count() > ShownOfACheck)
            {
                page.Append(Culture, $"<p class=\"muted\">and {check.Count() - ShownOfACheck} more, in the JSON of this report and in the tables.</p>");
            }
        }
    }

    private static void Uses(StringBuilder page, DatasetReport report)
    {
        page.Append("<h2>Uses of the test images</h2>");
        if (report.TestUses.Count == 0)
        {
            page.Append("<p class=\"muted\">Nobody has judged by them yet.</p>");
            return;
        }

        page.Append("<table><tr><th>when<th>by<th>for<th class=\"n\">version<th class=\"n\">images<th>test images</tr>");
        foreach (var use in report.TestUses)
        {
            page.Append(Culture, $"<tr><td>{use.UsedAt:yyyy-MM-dd HH:mm}<td>{Text(use.UsedBy)}<td>{Text(use.Purpose)}<td class=\"n\">{use.DatasetVersion}<td class=\"n\">{use.Images}<td><code>{use.Fingerprint[..12]}</code></tr>");
        }

        page.Append("</table>");
    }

    private static IEnumerable<DatasetImage> SamplesOf(ImageDatasetSnapshot snapshot, string label) => snapshot.Images.Where(i => i.Label == label).Take(SamplesOfAClass);

    /// <summary>The pictures that the page shows, by hash and, for findings, by path.</summary>
    private static async Task<Dictionary<string, string?>> PicturesAsync(ImageDataset dataset, ImageDatasetSnapshot snapshot, DatasetReport report, CancellationToken cancellationToken)
    {
        var wanted = snapshot.Classes.SelectMany(c => SamplesOf(snapshot, c)).ToDictionary(static i => i.Sha256, StringComparer.Ordinal);
        var byPath = snapshot.Images.ToLookup(static i => i.Path, StringComparer.Ordinal);
        var named = report.Findings.GroupBy(static f => f.Check).SelectMany(static g => g.Take(ShownOfACheck)).SelectMany(static f => new[] { f.Subject, f.Related }).OfType<string>().ToHashSet(StringComparer.Ordinal);
        foreach (var image in named.SelectMany(n => byPath[n].Take(1)))
        {
            wanted[image.Sha256] = image;
        }

        var pictures = new Dictionary<string, string?>(StringComparer.Ordinal);
        await foreach (var file in snapshot.FilesAsync(wanted.Values, cancellationToken).ConfigureAwait(false))
        {
            pictures[file.Image.Path] = pictures[file.Image.Sha256] = Thumbnails.Of(file.Read, dataset.Options);
        }

        // What was kept out is not in the dataset; its file may still be there to be shown.
        foreach (var row in (await dataset.QuarantinedAsync(cancellationToken).ConfigureAwait(false)).Where(q => q.Root is not null && named.Contains(q.Path) && !pictures.ContainsKey(q.Path)))
        {
            pictures[row.Path] = Thumbnails.Of(() => new SourceImage(row.Path, row.Root, null).Read(dataset.Options.Limits), dataset.Options);
        }

        return pictures;
    }

    private static string Picture(string? data, string name) => data is null
        ? $"<span class=\"none\" title=\"{Text(name)}\">no picture</span>"
        : $"<img src=\"{data}\" title=\"{Text(name)}\" alt=\"{Text(name)}\">";

    private static string Words(ImageCheck check) =>
        string.Concat(check.ToString().Select(static (c, i) => i > 0 && char.IsAsciiLetterUpper(c) ? $" {char.ToLowerInvariant(c)}" : $"{c}"));

    private static string Text(string value) => WebUtility.HtmlEncode(value);
}
