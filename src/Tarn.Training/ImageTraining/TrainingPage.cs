using System.Globalization;
using System.Text;

namespace Tarn.Training;

/// <summary>The report of a training as one HTML page that loads nothing from anywhere: figures with intervals, curves, confusion, reliability, slices, the worst mistakes as pictures.</summary>
internal static class TrainingPage
{
    private const string Style = """
        body{font:15px/1.5 system-ui,sans-serif;max-width:1080px;margin:2em auto;padding:0 1em;color:#1c2430;background:#fff}
        h1{margin-bottom:.2em}h2{margin-top:2em;border-bottom:1px solid #d8dee6;padding-bottom:.2em}
        table{border-collapse:collapse}th,td{text-align:left;padding:.25em .9em .25em 0;border-bottom:1px solid #eef1f5;vertical-align:top}.n{text-align:right;font-variant-numeric:tabular-nums}
        .muted{color:#64707f}.warn{background:#fff6dd;border-left:4px solid #d99a00;padding:.5em .8em;margin:.5em 0}.big{font-size:2em;font-weight:600}
        figure{display:inline-block;margin:0 1.2em 1em 0;vertical-align:top}figcaption{color:#64707f;font-size:.9em}svg text{font:11px system-ui,sans-serif;fill:#64707f}
        .frame{fill:none;stroke:#c3ccd6}.grid{stroke:#eef1f5}.diagonal{stroke:#c3ccd6;stroke-dasharray:4 4}.curve{fill:none;stroke:#1769aa;stroke-width:2}.dot{fill:#1769aa;fill-opacity:.7}
        .cell{padding:.5em 1em;text-align:center}.picture{display:inline-block;width:150px;margin:0 .8em .8em 0;font-size:.85em;vertical-align:top;overflow-wrap:anywhere}.picture img{max-width:112px;max-height:112px;display:block}
        code{font-size:.9em}
        @media (prefers-color-scheme:dark){body{background:#14181d;color:#e3e8ee}h2{border-color:#333c46}th,td{border-color:#242b33}.warn{background:#3a2f10}.grid{stroke:#242b33}.frame{stroke:#46515d}}
        """;

    private static readonly CultureInfo Culture = CultureInfo.InvariantCulture;

    public static async Task<string> MakeAsync(ImageDatasetSnapshot snapshot, ModelCard card, EvaluationResult result, CancellationToken cancellation)
    {
        var byPath = snapshot.Of(DatasetSplit.Test).GroupBy(static i => i.Path, StringComparer.Ordinal).ToDictionary(static g => g.Key, static g => g.First(), StringComparer.Ordinal);
        var wrong = result.WorstMistakes.Where(m => m.Name is not null && byPath.ContainsKey(m.Name)).Select(m => byPath[m.Name!]).DistinctBy(static i => i.Sha256).ToList();
        var pictures = new Dictionary<string, string?>(StringComparer.Ordinal);
        await foreach (var file in snapshot.FilesAsync(wrong, cancellation).ConfigureAwait(false))
        {
            pictures[file.Image.Path] = Thumbnails.Of(file.Read, snapshot.Options);
        }

        var page = new StringBuilder();
        page.Append(Culture, $"<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{Text(card.Model)}: report of a training</title><style>{Style}</style></head><body>");
        page.Append(Culture, $"<h1>{Text(card.Model)}</h1><p>{Text(card.Description)}</p>");
        foreach (var warning in card.Warnings)
        {
            page.Append(Culture, $"<p class=\"warn\">{Text(warning)}</p>");
        }

        Figures(page, card, result);
        Curves(page, card, result);
        Confusion(page, result);
        Slices(page, result);
        Mistakes(page, result, pictures);
        Search(page, card);
        return page.Append("</body></html>").ToString();
    }

    private static void Figures(StringBuilder page, ModelCard card, EvaluationResult result)
    {
        var accuracy = result.Metrics.First(static m => m.Metric == Metric.Accuracy);
        page.Append(Culture, $"<p><span class=\"big\">{accuracy.Value:0.000}</span> accuracy on {result.Rows} test images");
        page.Append(Culture, $"{(accuracy.Interval is { } i ? string.Create(Culture, $", {i.Level:P0} interval {i.Lower:0.000} to {i.Upper:0.000}") : "")}. Trained {card.MadeAt:yyyy-MM-dd HH:mm} UTC, training run <code>{Text(card.Training.Run)}</code>, ");
        page.Append(Culture, $"dataset <code>{Text(card.Data.Table)}</code> version {card.Data.Version}: {Text(card.Data.Source)}.</p>");
        page.Append("<h2>Figures on the test images</h2><table><tr><th>metric<th class=\"n\">value<th class=\"n\">from<th class=\"n\">to</tr>");
        foreach (var metric in result.Metrics)
        {
            page.Append(Culture, $"<tr><td>{Text(Words(metric.Metric.ToString()))}<td class=\"n\">{Number(metric.Value)}<td class=\"n\">{Number(metric.Interval?.Lower)}<td class=\"n\">{Number(metric.Interval?.Upper)}</tr>");
        }

        page.Append("</table><table><tr><th>class<th class=\"n\">test images<th class=\"n\">taken for it<th class=\"n\">precision<th class=\"n\">recall<th class=\"n\">F1<th class=\"n\">ROC area</tr>");
        foreach (var c in result.PerClass)
        {
            page.Append(Culture, $"<tr><td>{Text(c.Class)}<td class=\"n\">{c.Rows}<td class=\"n\">{c.Predicted}<td class=\"n\">{Number(c.Precision)}<td class=\"n\">{Number(c.Recall)}<td class=\"n\">{Number(c.F1)}<td class=\"n\">{Number(c.RocAuc)}</tr>");
        }

        page.Append("</table>");
        if (card.Threshold is { } t)
        {
            page.Append(Culture, $"<p>The validation images suggest a threshold of {t.Threshold:0.000} on {Text(card.Classes[1])}; with it the test accuracy is {Number(card.TestAccuracyAtThreshold)}. The model itself takes the likeliest class.</p>");
        }

        page.Append(Culture, $"<p class=\"muted\">The exported model says of every test image what the trainer says, within {card.Training.GreatestDifference:0.0e+0} (allowed: {card.Training.Tolerance:0.0e+0}). A call took {card.Training.LatencyMilliseconds:0.#} ms on one thread here.</p>");
    }

    private static void Curves(StringBuilder page, ModelCard card, EvaluationResult result)
    {
        page.Append("<h2>Curves</h2>");
        foreach (var c in result.PerClass.Skip(result.PerClass.Count == 2 ? 1 : 0).Take(6))
        {
            page.Append(PageCharts.Unit($"ROC of {c.Class}", "false positive rate", "true positive rate", [.. c.Roc.Select(static p => (p.FalsePositiveRate, p.TruePositiveRate))], withDiagonal: true));
            page.Append(PageCharts.Unit($"Precision and recall of {c.Class}", "recall", "precision", [.. c.PrecisionRecall.Select(static p => (p.Recall, p.Precision))], withDiagonal: false));
        }

        var bins = result.Reliability.Where(static b => b.Count > 0).ToList();
        var most = Math.Max(1, bins.Select(static b => b.Count).DefaultIfEmpty().Max());
        page.Append(PageCharts.Unit(
            string.Create(Culture, $"Reliability (temperature {card.Training.Temperature:0.00}); a dot's area is its share of images"), "said probability", "share that is right",
            [.. bins.Select(static b => (b.MeanConfidence ?? 0, b.Accuracy ?? 0))], withDiagonal: true, [.. bins.Select(b => (double)b.Count / most)]));
    }

    private static void Confusion(StringBuilder page, EvaluationResult result)
    {
        page.Append("<h2>Confusion</h2><table><tr><th>is \\ taken for");
        foreach (var name in result.Classes)
        {
            page.Append(Culture, $"<th class=\"cell\">{Text(name)}");
        }

        page.Append("</tr>");
        for (var r = 0; r < result.Classes.Count; r++)
        {
            var all = Math.Max(1, result.Confusion[r].Sum());
            page.Append(Culture, $"<tr><th>{Text(result.Classes[r])}</th>");
            for (var c = 0; c < result.Classes.Count; c++)
            {
                var share = (double)result.Confusion[r][c] / all;
                page.Append(Culture, $"<td class=\"cell\" style=\"background:{(r == c ? "rgba(23,105,170," : "rgba(200,60,40,")}{share * 0.6:0.00})\">{result.Confusion[r][c]}<br><span class=\"muted\">{share:P1}</span></td>");
            }

            page.Append("</tr>");
        }

        page.Append("</table>");
    }

    private static void Slices(StringBuilder page, EvaluationResult result)
    {
        page.Append("<h2>Slices</h2><table><tr><th>by<th>slice<th class=\"n\">images<th class=\"n\">accuracy<th class=\"n\">from<th class=\"n\">to<th class=\"n\">log loss</tr>");
        foreach (var s in result.Slices)
        {
            page.Append(Culture, $"<tr><td>{Text(s.Dimension)}<td>{Text(s.Value)}<td class=\"n\">{s.Rows}<td class=\"n\">{Number(s.Accuracy.Estimate)}<td class=\"n\">{Number(s.Accuracy.Lower)}<td class=\"n\">{Number(s.Accuracy.Upper)}<td class=\"n\">{Number(s.LogLoss)}</tr>");
        }

        page.Append("</table>");
    }

    private static void Mistakes(StringBuilder page, EvaluationResult result, Dictionary<string, string?> pictures)
    {
        page.Append("<h2>The worst mistakes</h2>");
        if (result.WorstMistakes.Count == 0)
        {
            page.Append("<p class=\"muted\">There are none on these test images.</p>");
        }

        foreach (var m in result.WorstMistakes)
        {
            var picture = m.Name is not null && pictures.GetValueOrDefault(m.Name) is { } data ? $"<img src=\"{data}\" alt=\"\">" : "<span class=\"muted\">no picture</span>";
            page.Append(Culture, $"<div class=\"picture\">{picture}{Text(m.Name ?? "")}<br>is {Text(m.Class)} ({m.ClassProbability:0.000})<br>taken for {Text(m.Predicted)} ({m.Probability:0.000})</div>");
        }
    }

    private static void Search(StringBuilder page, ModelCard card)
    {
        var choice = card.Training.Choice;
        page.Append(Culture, $"<h2>How it was chosen</h2><p>{choice.Trials} trials, judged by their cross-validated log loss over the images to learn from and to choose by; {choice.Failed} failed. Seed {card.Training.Seed}.</p>");
        page.Append("<table><tr><th>backbone<th class=\"n\">trials<th class=\"n\">best log loss<th class=\"n\">accuracy<th>parameters of the best</tr>");
        foreach (var b in choice.PerBackbone)
        {
            page.Append(Culture, $"<tr><td>{Text(b.Backbone)}{(b.Backbone == choice.Backbone ? " (chosen)" : "")}<td class=\"n\">{b.Trials}<td class=\"n\">{Number(b.LogLoss)}<td class=\"n\">{Number(b.Accuracy)}<td><code>{Text(b.Parameters)}</code></tr>");
        }

        page.Append("</table><table><tr><th>class<th class=\"n\">to learn from<th class=\"n\">to choose by<th class=\"n\">to judge by</tr>");
        foreach (var c in card.Data.Images)
        {
            page.Append(Culture, $"<tr><td>{Text(c.Label)}<td class=\"n\">{c.Train}<td class=\"n\">{c.Validation}<td class=\"n\">{c.Test}</tr>");
        }

        page.Append(Culture, $"</table><p class=\"muted\">Test images <code>{Text(card.Data.TestFingerprint)}</code>, judged by {card.Data.EarlierTestUses} times before.</p>");
    }

    private static string Number(double? value) => value is { } number ? number.ToString("0.000", Culture) : "–";

    private static string Words(string name) => string.Concat(name.Select(static (c, i) => i > 0 && char.IsAsciiLetterUpper(c) ? $" {char.ToLowerInvariant(c)}" : $"{c}"));

    private static string Text(string value) => PageCharts.Text(value);
}
