using System.Text.Json;
using Spectre.Console;

namespace Tarn;

/// <summary>What <c>up</c> says once everything runs.</summary>
internal static class UpBanner
{
    private const int Indent = 11;
    private const int WidestLine = 120;

    public static void Write(Terminal terminal, StatusView status, bool json)
    {
        if (json)
        {
            terminal.Out.WriteLine(JsonSerializer.Serialize(status, ApiJson.Plain.StatusView));
            terminal.Out.Flush();
            return;
        }

        var console = terminal.Console;
        var rule = terminal.OutIsTerminal ? "[bold]" : "";
        var end = terminal.OutIsTerminal ? "[/]" : "";
        void Line(string markup) => console.MarkupLine(markup);

        Line($"{rule}Tarn {status.Version}{end}  {Markup.Escape(string.Join("  ", status.Urls))}");
        if (status.GrpcUrls.Count > 0)
        {
            Line($"  gRPC     {Markup.Escape(string.Join("  ", status.GrpcUrls))}");
        }

        Line($"  data     {Markup.Escape(status.DataDirectory)}");
        var width = status.Systems.Count == 0 ? 0 : status.Systems.Max(static s => s.Name.Length);
        foreach (var system in status.Systems)
        {
            Line($"  system   {Markup.Escape(system.Name.PadRight(width))}  {States.Markup(system.State)}  {Markup.Escape(system.Summary)}{(system.Path is { } path ? Markup.Escape($"  {status.Urls[0]}{path}") : "")}");
        }

        foreach (var notice in status.Notices)
        {
            var level = notice.Level == "info" ? "note" : notice.Level;
            var colour = notice.Level switch { "error" => "red", "warning" => "yellow", _ => "blue" };
            var lines = Wrap(notice.Text, Math.Min(terminal.Width, WidestLine) - Indent);
            Line($"  [{colour}]{level,-8}[/] {Markup.Escape(lines[0])}");
            foreach (var line in lines.Skip(1))
            {
                Line(new string(' ', Indent) + Markup.Escape(line));
            }
        }

        Line("Ctrl-C stops it.");
        terminal.Out.Flush();
    }

    private static List<string> Wrap(string text, int width)
    {
        var lines = new List<string>();
        var line = "";
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                lines.Add(line);
                line = "";
            }

            line = line.Length == 0 ? word : $"{line} {word}";
        }

        lines.Add(line);
        return lines;
    }
}
