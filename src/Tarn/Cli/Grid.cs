using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Tarn;

/// <summary>A table on the terminal.</summary>
internal sealed class Grid
{
    /// <summary>What a column whose lines may break needs at least to be read.</summary>
    private const int LeastWrapped = 16;

    private readonly List<Column> _columns;
    private readonly List<(string[] Cells, int State)> _rows = [];

    /// <summary>
    /// Makes one; a column whose title starts with <c>&gt;</c> is aligned to the right, one with <c>~</c> may break its lines, and one with <c>?</c>, before any of these, is left out
    /// where the window is too narrow for all, the last of them first.
    /// </summary>
    public Grid(params string[] columns) => _columns = [.. columns.Select(static c => new Column(c))];

    /// <summary>Adds a row of plain texts.</summary>
    public void Add(params string?[] cells) => AddWithState(-1, cells);

    /// <summary>Adds a row; states are coloured.</summary>
    public void AddWithState(int state, params string?[] cells) => _rows.Add((Array.ConvertAll(cells, static c => c ?? ""), state));

    public void Write(Terminal terminal)
    {
        var shown = Enumerable.Range(0, _columns.Count).ToList();
        while (shown.Sum(Width) + 1 > terminal.Width && shown.FindLastIndex(i => _columns[i].MayGo) is var last and >= 0)
        {
            shown.RemoveAt(last);
        }

        var table = new Table { Border = TableBorder.Simple, UseSafeBorder = true };
        foreach (var column in shown.Select(i => _columns[i]))
        {
            var made = new TableColumn(new Markup($"[bold]{Markup.Escape(column.Title)}[/]")) { NoWrap = !column.Wraps, Padding = new Padding(0, 0, 1, 0) };
            table.AddColumn(column.IsRight ? made.RightAligned() : made);
        }

        foreach (var (cells, state) in _rows)
        {
            table.AddRow(shown.Select(i => i == state ? (IRenderable)new Markup(States.Markup(cells[i])) : new Text(cells[i])).ToArray());
        }

        terminal.Console.Write(table);
    }

    /// <summary>An instant for a person: UTC, to the second.</summary>
    public static string Time(DateTimeOffset? time) => time is { } t ? t.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) + "Z" : "–";

    public static string Count(long? count) => count is { } c ? c.ToString("N0", CultureInfo.InvariantCulture) : "–";

    public static string Duration(double? milliseconds) => milliseconds is { } ms ? Durations.Show(TimeSpan.FromMilliseconds(ms)) : "–";

    private int Width(int column)
    {
        var widest = _rows.Select(r => r.Cells[column].Length).Append(_columns[column].Title.Length).Max();
        return (_columns[column].Wraps ? Math.Min(widest, LeastWrapped) : widest) + 2;
    }

    private sealed class Column
    {
        public Column(string title)
        {
            MayGo = title.StartsWith('?');
            title = MayGo ? title[1..] : title;
            IsRight = title.StartsWith('>');
            Wraps = title.StartsWith('~');
            Title = IsRight || Wraps ? title[1..] : title;
        }

        public string Title { get; }

        public bool IsRight { get; }

        public bool Wraps { get; }

        public bool MayGo { get; }
    }
}

/// <summary>How states look.</summary>
internal static class States
{
    public static string Markup(string state)
    {
        var colour = state switch
        {
            "success" or "ok" or "alive" => "green",
            "failed" or "upstream_failed" or "down" or "missing" or "error" => "red",
            "running" or "starting" => "blue",
            "up_for_retry" or "degraded" or "paused" or "warning" => "yellow",
            _ => null,
        };
        var text = Spectre.Console.Markup.Escape(state);
        return colour is null ? text : $"[{colour}]{text}[/]";
    }
}
