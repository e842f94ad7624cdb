using System.Globalization;
using System.Net;
using System.Text;

namespace Tarn.Training;

/// <summary>Charts as SVG text, for pages that load nothing from anywhere.</summary>
internal static class PageCharts
{
    private const int Side = 260;
    private const int Margin = 34;
    private static readonly CultureInfo Culture = CultureInfo.InvariantCulture;

    /// <summary>Points from 0 to 1 in both directions, joined.</summary>
    /// <param name="title">What it shows.</param>
    /// <param name="across">What goes to the right.</param>
    /// <param name="up">What goes up.</param>
    /// <param name="points">The points.</param>
    /// <param name="withDiagonal">Whether the diagonal is drawn, as what is to be compared with.</param>
    /// <param name="marks">Points shown as dots of a size (0 to 1) each, in place of a line; null for a line.</param>
    public static string Unit(string title, string across, string up, IReadOnlyList<(double X, double Y)> points, bool withDiagonal, IReadOnlyList<double>? marks = null)
    {
        var svg = new StringBuilder();
        svg.Append(Culture, $"<figure><svg width=\"{Side + Margin + 10}\" height=\"{Side + Margin + 10}\" role=\"img\" aria-label=\"{Text(title)}\">");
        svg.Append(Culture, $"<rect x=\"{Margin}\" y=\"6\" width=\"{Side}\" height=\"{Side}\" class=\"frame\"/>");
        foreach (var tick in new[] { 0.25, 0.5, 0.75 })
        {
            svg.Append(Culture, $"<line class=\"grid\" x1=\"{X(tick)}\" y1=\"{Y(0)}\" x2=\"{X(tick)}\" y2=\"{Y(1)}\"/><line class=\"grid\" x1=\"{X(0)}\" y1=\"{Y(tick)}\" x2=\"{X(1)}\" y2=\"{Y(tick)}\"/>");
        }

        if (withDiagonal)
        {
            svg.Append(Culture, $"<line class=\"diagonal\" x1=\"{X(0)}\" y1=\"{Y(0)}\" x2=\"{X(1)}\" y2=\"{Y(1)}\"/>");
        }

        if (marks is null)
        {
            svg.Append("<polyline class=\"curve\" points=\"").AppendJoin(' ', points.Select(static p => string.Create(Culture, $"{X(p.X)},{Y(p.Y)}"))).Append("\"/>");
        }
        else
        {
            for (var i = 0; i < points.Count; i++)
            {
                svg.Append(Culture, $"<circle class=\"dot\" cx=\"{X(points[i].X)}\" cy=\"{Y(points[i].Y)}\" r=\"{2.5 + (8 * Math.Sqrt(marks[i])):0.#}\"/>");
            }
        }

        foreach (var tick in new[] { 0.0, 0.5, 1.0 })
        {
            svg.Append(Culture, $"<text x=\"{X(tick)}\" y=\"{Y(0) + 14}\" text-anchor=\"middle\">{tick:0.#}</text><text x=\"{Margin - 4}\" y=\"{Y(tick) + 4}\" text-anchor=\"end\">{tick:0.#}</text>");
        }

        svg.Append(Culture, $"<text x=\"{X(0.5)}\" y=\"{Y(0) + 28}\" text-anchor=\"middle\">{Text(across)}</text>");
        svg.Append(Culture, $"<text transform=\"translate(10 {Y(0.5)}) rotate(-90)\" text-anchor=\"middle\">{Text(up)}</text></svg><figcaption>{Text(title)}</figcaption></figure>");
        return svg.ToString();
    }

    public static string Text(string value) => WebUtility.HtmlEncode(value);

    private static double X(double value) => Math.Round(Margin + (value * Side), 1);

    private static double Y(double value) => Math.Round(6 + ((1 - value) * Side), 1);
}
