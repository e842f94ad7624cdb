using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Tarn;

/// <summary>A table on the terminal.</summary>
internal sealed class Grid
{
    private readonly Table _table = new() { Border = TableBorder.Simple, UseSafeBorder = true };

    /// <summary>Makes one; a column whose title starts with <c>&gt;</c> is aligned to the right, one with <c>~</c> may break its lines.</summary>
    public Grid(params string[] columns)
    {
        foreach (var title in columns)
        {
            var right = title.StartsWith('>');
            var wraps = title.StartsWith('~');
            var column = new TableColumn(new Markup($"[bold]{Markup.Escape(right || wraps ? title[1..] : title)}[/]")) { NoWrap = !wraps, Padding = new Padding(0, 0, 1, 0) };
            _table.AddColumn(right ? column.RightAligned() : column);
        }
    }

    /// <summary>Adds a row of plain texts.</summary>
    public void Add(params string?[] cells) => _table.AddRow(cells.Select(static c => (IRenderable)new Text(c ?? "")).ToArray());

    /// <summary>Adds a row; states are coloured.</summary>
    public void AddWithState(int state, params string?[] cells) => _table.AddRow(cells
        .Select((c, i) => i == state ? (IRenderable)new Markup(States.Markup(c ?? "")) : new Text(c ?? "")).ToArray());

    public void Write(Terminal terminal) => terminal.Console.Write(_table);

    /// <summary>An instant for a person: UTC, to the second.</summary>
    public static string Time(DateTimeOffset? time) => time is { } t ? t.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) + "Z" : "–";

    public static string Count(long? count) => count is { } c ? c.ToString("N0", CultureInfo.InvariantCulture) : "–";

    public static string Duration(double? milliseconds) => milliseconds is { } ms ? Durations.Show(TimeSpan.FromMilliseconds(ms)) : "–";
}

/// <summary>How states look.</summary>
internal static class States
{
    public static string Markup(string state)
    {
        var colour = state switch
        {
            "success" or "ok" => "green",
            "failed" or "upstream_failed" or "down" or "missing" or "error" => "red",
            "running" or "starting" => "blue",
            "up_for_retry" or "degraded" or "paused" or "warning" => "yellow",
            _ => null,
        };
        var text = Spectre.Console.Markup.Escape(state);
        return colour is null ? text : $"[{colour}]{text}[/]";
    }
}
