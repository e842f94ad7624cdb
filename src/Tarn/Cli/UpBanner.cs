using System.Text.Json;
using Spectre.Console;

namespace Tarn;

/// <summary>What <c>up</c> says once everything runs.</summary>
internal static class UpBanner
{
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
        Line($"  data     {Markup.Escape(status.DataDirectory)}");
        var width = status.Systems.Count == 0 ? 0 : status.Systems.Max(static s => s.Name.Length);
        foreach (var system in status.Systems)
        {
            Line($"  system   {Markup.Escape(system.Name.PadRight(width))}  {States.Markup(system.State)}  {Markup.Escape(system.Summary)}{(system.Path is { } path ? Markup.Escape($"  {status.Urls[0]}{path}") : "")}");
        }

        foreach (var notice in status.Notices)
        {
            var level = notice.Level == "info" ? "note" : notice.Level;
            Line($"  {(notice.Level == "error" ? "[red]" : notice.Level == "warning" ? "[yellow]" : "[blue]")}{level,-8}[/] {Markup.Escape(notice.Text)}");
        }

        Line("Ctrl-C stops it.");
        terminal.Out.Flush();
    }
}
