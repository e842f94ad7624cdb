using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace Tarn;

/// <summary>What became of a pipeline's intervals: <c>pipelines calendar</c> and <c>pipelines repairs</c>.</summary>
internal static class PipelineHistoryVerbs
{
    private const int DaysShown = 10;

    public static Command Calendar(CommandLine cli)
    {
        var name = PipelineVerbs.Name();
        var from = new Option<string?>("--from") { Description = "The first day; default a year before the last.", HelpName = "DAY" };
        var to = new Option<string?>("--to") { Description = "The last day; default today.", HelpName = "DAY" };
        var zone = new Option<string?>("--zone") { Description = "The time zone whose days they are; default the schedule's.", HelpName = "ZONE" };
        return cli.Verb(
            "calendar",
            "Show for each day of a year what became of a pipeline's data intervals.",
            ["{0} pipelines calendar earthquakes-minibatch", "{0} pipelines calendar earthquakes-daily --from 2026-01-01 --to 2026-06-30 --zone Europe/Berlin"],
            call =>
            {
                var query = string.Join('&', new[] { ("from", call.Value(from)), ("to", call.Value(to)), ("zone", call.Value(zone)) }
                    .Where(static q => q.Item2 is not null).Select(static q => $"{q.Item1}={VerbCall.Escape(q.Item2!)}"));
                return call.ShowAsync(
                    $"/api/v1/pipelines/{VerbCall.Escape(call.Value(name))}/calendar?{query}", ApiJson.Default.CalendarView, c => Write(call.Terminal, c.Days));
            },
            name,
            from,
            to,
            zone);
    }

    public static Command Repairs(CommandLine cli)
    {
        var name = PipelineVerbs.Name();
        return cli.Verb(
            "repairs",
            "Show the tables whose late rows repair a pipeline's past intervals, what waits for its repair, and what was repaired and why.",
            ["{0} pipelines repairs earthquakes-daily"],
            call => call.ShowAsync($"/api/v1/pipelines/{VerbCall.Escape(call.Value(name))}/repairs", ApiJson.Default.RepairsView, r => Write(call.Terminal, call.Value(name), r)),
            name);
    }

    /// <summary>A row for each day of the week and a column for each week, a block for each year.</summary>
    private static void Write(Terminal terminal, IReadOnlyList<CalendarDayView> days)
    {
        foreach (var year in days.GroupBy(static d => d.Date.Year))
        {
            var first = Week(year.First().Date);
            var rows = Enumerable.Range(0, 7).Select(_ => new string(' ', Week(year.Last().Date) - first + 1).ToCharArray()).ToArray();
            var months = new string(' ', rows[0].Length + 3).ToCharArray();
            var next = 0;
            foreach (var day in year)
            {
                var column = Week(day.Date) - first;
                rows[day.Date.DayNumber % 7][column] = Sign(day);
                if ((day.Date.Day == 1 || (day == year.First() && DateTime.DaysInMonth(year.Key, day.Date.Month) - day.Date.Day >= 28)) && column >= next)
                {
                    day.Date.ToString("MMM", CultureInfo.InvariantCulture).CopyTo(0, months, column, 3);
                    next = column + 4;
                }
            }

            terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{year.Key}  {new string(months).TrimEnd()}"));
            foreach (var (row, index) in rows.Select(static (r, i) => (r, i)))
            {
                terminal.Console.Write(new Spectre.Console.Markup($"{(DayOfWeek)((index + 1) % 7)}"[..3] + "   " + string.Concat(new string(row).TrimEnd().Select(Coloured)) + "\n"));
            }

            terminal.Out.WriteLine();
        }

        terminal.Out.WriteLine("#  all succeeded   F  some failed   c  some cancelled   o  some have not run   .  not ended yet, or none");
        terminal.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{days.Sum(static d => d.Total):N0} intervals: {days.Sum(static d => d.Success):N0} succeeded, {days.Sum(static d => d.Failed):N0} failed, {days.Sum(static d => d.Cancelled):N0} cancelled, {days.Sum(static d => d.None):N0} without a run, {days.Sum(static d => d.NotEnded):N0} not ended yet"));
        WriteFailed(terminal, [.. days.Where(static d => d.Failed > 0)]);
    }

    private static void WriteFailed(Terminal terminal, List<CalendarDayView> failed)
    {
        if (failed.Count == 0)
        {
            return;
        }

        var grid = new Grid("DAY", ">FAILED", ">SUCCEEDED", ">CANCELLED", ">WITHOUT A RUN");
        foreach (var d in Enumerable.Reverse(failed).Take(DaysShown))
        {
            grid.Add(d.Date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), Grid.Count(d.Failed), Grid.Count(d.Success), Grid.Count(d.Cancelled), Grid.Count(d.None));
        }

        grid.Write(terminal);
        if (failed.Count > DaysShown)
        {
            terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"and {failed.Count - DaysShown:N0} more days with failures; --json has them."));
        }
    }

    private static int Week(DateOnly day) => day.DayNumber / 7;

    private static char Sign(CalendarDayView d) => d.Failed > 0 ? 'F' : d.Cancelled > 0 ? 'c' : d.None > 0 ? 'o' : d.Success > 0 ? '#' : '.';

    private static string Coloured(char sign) => sign switch
    {
        '#' => "[green]#[/]",
        'F' => "[red]F[/]",
        'c' => "[yellow]c[/]",
        'o' => "[blue]o[/]",
        _ => sign.ToString(),
    };

    private static void Write(Terminal terminal, string pipeline, RepairsView repairs)
    {
        if (repairs.Sources.Count == 0)
        {
            terminal.Out.WriteLine($"No table repairs {pipeline}.");
        }
        else
        {
            var sources = new Grid("TABLE", ">SEEN VERSION", ">CURRENT", ">BEHIND", "HORIZON");
            foreach (var s in repairs.Sources)
            {
                sources.Add(s.Table, Grid.Count(s.SeenVersion), Grid.Count(s.CurrentVersion), Grid.Count(s.Lag), Durations.Show(TimeSpan.FromSeconds(s.HorizonSeconds)));
            }

            sources.Write(terminal);
        }

        if (repairs.Pending.Count > 0)
        {
            terminal.Out.WriteLine("Waiting for their repair:");
            var pending = new Grid("FROM", "TO", ">INTERVALS", "?DUE", "~CAUSE");
            foreach (var p in repairs.Pending)
            {
                pending.Add(Grid.Time(p.Start), Grid.Time(p.End), Grid.Count(p.Intervals), Grid.Time(p.DueAt), Cause(p.Cause));
            }

            pending.Write(terminal);
        }

        if (repairs.Runs.Count > 0)
        {
            terminal.Out.WriteLine("Repairs:");
            var runs = new Grid("RUN", "STATE", "INTERVAL FROM", "?TO", "?>TOOK", "~CAUSE");
            foreach (var r in repairs.Runs)
            {
                runs.AddWithState(1, r.Id, r.State, Grid.Time(r.DataInterval.Start), Grid.Time(r.DataInterval.End), Grid.Duration(r.DurationMs), Cause(r.Cause));
            }

            runs.Write(terminal);
        }
        else if (repairs.Sources.Count > 0)
        {
            terminal.Out.WriteLine("Nothing was repaired so far.");
        }
    }

    /// <summary>The table and its versions; all else is in the JSON.</summary>
    public static string Cause(JsonElement? cause)
    {
        if (cause is not { ValueKind: JsonValueKind.Object } c || !c.TryGetProperty("table", out var table))
        {
            return cause is { ValueKind: JsonValueKind.Object } other ? other.GetRawText() : "";
        }

        var versions = c.TryGetProperty("fromVersion", out var from) && c.TryGetProperty("toVersion", out var to)
            ? from.GetRawText() == to.GetRawText() ? $" version {to.GetRawText()}" : $" versions {from.GetRawText()} to {to.GetRawText()}"
            : "";
        return table.GetString() + versions;
    }
}
