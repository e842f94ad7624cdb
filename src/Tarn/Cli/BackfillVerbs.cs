using System.CommandLine;
using System.Globalization;
using Tarn.Core;

namespace Tarn;

/// <summary><c>pipelines backfill …</c>: running past data intervals.</summary>
internal static class BackfillVerbs
{
    private const int SpansShown = 10;

    public static Command[] Create(CommandLine cli) =>
    [
        Backfill(cli),
        List(cli),
        Change(cli, "pause", "Make no further runs of a backfill until it is resumed; those that were made go on.", "Paused"),
        Change(cli, "resume", "Make runs of a backfill again; without a server, run it to its end.", "Resumed"),
        Change(cli, "cancel", "End a backfill, and cancel those of its runs that have not ended.", "Cancelled"),
    ];

    private static Command Backfill(CommandLine cli)
    {
        var name = PipelineVerbs.Name();
        var from = new Option<string>("--from") { Description = "The first instant at which an interval may start, ISO 8601, UTC unless an offset is given.", HelpName = "TIME", Required = true };
        var to = new Option<string>("--to") { Description = "The first instant at which none may start any more.", HelpName = "TIME", Required = true };
        var reprocess = new Option<string>("--reprocess") { Description = "Which intervals that ran before are run again: none, failed (and cancelled), or completed (all).", DefaultValueFactory = static _ => "none", HelpName = "none|failed|completed" };
        var most = new Option<int>("--max-active-runs") { Description = "How many of its runs may be active at a time; 1 to 1000.", DefaultValueFactory = static _ => 10, HelpName = "N" };
        var backwards = new Option<bool>("--run-backwards") { Description = "Run the latest interval first." };
        var dry = new Option<bool>("--dry-run") { Description = "Say what it would run, and run nothing." };
        var wait = new Option<bool>("--wait") { Description = "Wait until it has ended; exit 0 only where all its runs succeeded." };
        return cli.Verb(
            "backfill",
            "Run a pipeline's past data intervals, beside its schedule.",
            [
                "{0} pipelines backfill earthquakes-daily --from 2026-01-01 --to 2026-02-01 --dry-run",
                "{0} pipelines backfill earthquakes-daily --from 2026-01-01 --to 2026-02-01 --reprocess failed --max-active-runs 4 --wait",
            ],
            call => RunAsync(
                call,
                call.Value(name),
                new BackfillBody(call.Value(from), call.Value(to), call.Value(reprocess), call.Value(most), call.Value(backwards), call.Value(dry)),
                call.Value(wait)),
            name,
            from,
            to,
            reprocess,
            most,
            backwards,
            dry,
            wait);
    }

    private static async Task<int> RunAsync(VerbCall call, string pipeline, BackfillBody body, bool wait)
    {
        var answer = await call.Api.PostAsync($"/api/v1/pipelines/{VerbCall.Escape(pipeline)}/backfills", body, ApiJson.Default.BackfillBody, call.Cancellation).ConfigureAwait(false);
        if (body.DryRun == true)
        {
            return call.Show(answer, ApiJson.Default.BackfillPreviewView, p => WritePreview(call.Terminal, p));
        }

        var backfill = VerbCall.Read(answer, ApiJson.Default.BackfillView);

        // Without a server there is no process that it could go on in.
        if (wait || call.IsOwnHost)
        {
            return await WaitAsync(call, backfill).ConfigureAwait(false);
        }

        return call.Show(answer, ApiJson.Default.BackfillView, b =>
        {
            Write(call.Terminal, b);
            if (b.EndedAt is null)
            {
                call.Terminal.Out.WriteLine($"Follow it with `pipelines backfills {b.Pipeline}` or `runs list --backfill {b.Id}`.");
            }
        });
    }

    private static async Task<int> WaitAsync(VerbCall call, BackfillView backfill)
    {
        using var progress = new Progress(call.Terminal);
        var path = $"/api/v1/backfills/{VerbCall.Escape(backfill.Id)}";
        while (backfill.EndedAt is null)
        {
            progress.Show(string.Create(
                CultureInfo.InvariantCulture,
                $"{backfill.Pipeline} backfill {backfill.State}: {backfill.Made - backfill.Active + backfill.LeftOut:N0} of {backfill.Total:N0} done, {backfill.Failed:N0} failed, {backfill.Active:N0} active"));
            try
            {
                var answer = await call.Api.GetBytesAsync($"{path}/wait?timeoutSeconds={(call.Terminal.ErrorIsTerminal ? 1 : 30)}", call.Cancellation).ConfigureAwait(false);
                backfill = VerbCall.Read(answer, ApiJson.Default.BackfillView);
            }
            catch (OperationCanceledException)
            {
                progress.Clear();
                call.Terminal.Error.WriteLine(call.IsOwnHost
                    ? $"The backfill goes on with the next server, or with `pipelines backfill-resume {backfill.Id}`; `pipelines backfill-cancel {backfill.Id}` ends it."
                    : $"The backfill goes on in the server; `pipelines backfills` looks at it, `pipelines backfill-cancel {backfill.Id}` ends it.");
                throw;
            }
        }

        progress.Clear();
        await call.ShowAsync(path, ApiJson.Default.BackfillView, b => Write(call.Terminal, b)).ConfigureAwait(false);
        return backfill.State == "success" ? 0 : 1;
    }

    private static Command List(CommandLine cli)
    {
        var name = new Argument<string?>("PIPELINE") { Description = "Only backfills of this pipeline.", Arity = ArgumentArity.ZeroOrOne };
        var limit = new Option<int>("--limit") { Description = "At most so many, newest first; 1 to 1000.", DefaultValueFactory = static _ => 20, HelpName = "N" };
        return cli.Verb(
            "backfills",
            "List backfills, newest first, with how far each has come.",
            ["{0} pipelines backfills", "{0} pipelines backfills earthquakes-daily --json | jq '.[] | select(.state == \"failed\")'"],
            call => call.ShowAsync(
                string.Create(CultureInfo.InvariantCulture, $"/api/v1/backfills?limit={call.Value(limit)}") + (call.Parse.GetValue(name) is { } p ? $"&pipeline={VerbCall.Escape(p)}" : ""),
                ApiJson.Default.IReadOnlyListBackfillView,
                backfills =>
                {
                    if (backfills.Count == 0)
                    {
                        call.Terminal.Out.WriteLine("No backfills yet.");
                        return;
                    }

                    var grid = new Grid("BACKFILL", "STATE", "PIPELINE", "?FROM", "?TO", "?REPROCESS", ">DONE", ">TOTAL", "?>FAILED", "?>ACTIVE", "?CREATED");
                    foreach (var b in backfills)
                    {
                        grid.AddWithState(
                            1,
                            b.Id,
                            b.State,
                            b.Pipeline,
                            Grid.Time(b.From),
                            Grid.Time(b.To),
                            b.Reprocess,
                            Grid.Count(b.Made - b.Active + b.LeftOut),
                            Grid.Count(b.Total),
                            Grid.Count(b.Failed),
                            Grid.Count(b.Active),
                            Grid.Time(b.CreatedAt));
                    }

                    grid.Write(call.Terminal);
                }),
            name,
            limit);
    }

    private static Command Change(CommandLine cli, string verb, string description, string done)
    {
        var id = new Argument<string>("BACKFILL") { Description = "The backfill's id; `pipelines backfills` shows them." };
        return cli.Verb(
            $"backfill-{verb}",
            description,
            [$"{{0}} pipelines backfill-{verb} 0199c0…"],
            async call =>
            {
                var answer = await call.Api.PostAsync($"/api/v1/backfills/{VerbCall.Escape(call.Value(id))}/{verb}", call.Cancellation).ConfigureAwait(false);
                return verb == "resume" && call.IsOwnHost
                    ? await WaitAsync(call, VerbCall.Read(answer, ApiJson.Default.BackfillView)).ConfigureAwait(false)
                    : call.Show(answer, ApiJson.Default.BackfillView, b => call.Terminal.Out.WriteLine(string.Create(
                        CultureInfo.InvariantCulture, $"{done} backfill {b.Id} of {b.Pipeline}: {b.Made:N0} of {b.Total:N0} runs made, {b.Active:N0} active.")));
            },
            id);
    }

    private static void Write(Terminal terminal, BackfillView b)
    {
        var to = terminal.Out;
        var took = b.EndedAt is { } ended ? $" in {Grid.Duration((ended - b.CreatedAt).TotalMilliseconds)}" : "";
        to.WriteLine($"Backfill {b.Id} of {b.Pipeline}: {b.State}{took}");
        to.WriteLine($"  span             {Grid.Time(b.From)} to {Grid.Time(b.To)}{(b.RunBackwards ? ", backwards" : "")}");
        to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  reprocess        {b.Reprocess}, at most {b.MaxActiveRuns} {(b.MaxActiveRuns == 1 ? "run" : "runs")} at a time"));
        to.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  runs             {b.Total:N0} to make: {b.Succeeded:N0} succeeded, {b.Failed:N0} failed, {b.Cancelled:N0} cancelled, {b.Active:N0} active, {b.Remaining:N0} to come{(b.LeftOut > 0 ? $", {b.LeftOut:N0} left out" : "")}"));
        if (b.Failed > 0)
        {
            to.WriteLine($"  `runs list --backfill {b.Id} --state failed` shows those that failed; `runs retry` runs one again.");
        }
    }

    private static void WritePreview(Terminal terminal, BackfillPreviewView p)
    {
        var to = terminal.Out;
        to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"A backfill of {p.Pipeline} from {Grid.Time(p.From)} to {Grid.Time(p.To)} would make {p.Total:N0} {(p.Total == 1 ? "run" : "runs")}."));
        to.WriteLine();
        to.WriteLine($"  to run           {Counts(p.ToRun, 0)}");
        to.WriteLine($"  left out         {Counts(p.LeftOut, p.Active)}");
        to.WriteLine($"  first            {Interval(p.First)}");
        to.WriteLine($"  last             {Interval(p.Last)}");
        if (p.FirstNotEnded is { } open)
        {
            to.WriteLine($"  not ended yet    {Interval(open)}, and all after it");
        }

        if (p.SpanCount > 1)
        {
            var grid = new Grid("FROM", "TO", ">INTERVALS");
            foreach (var span in p.Spans.Take(SpansShown))
            {
                grid.Add(Grid.Time(span.Start), Grid.Time(span.End), Grid.Count(span.Intervals));
            }

            grid.Write(terminal);
            if (p.SpanCount > SpansShown)
            {
                to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"and {p.SpanCount - SpansShown:N0} more spans; --json has them."));
            }
        }
    }

    private static string Counts(IntervalCountsView counts, long active)
    {
        List<string> parts = [];
        foreach (var (count, what) in new[] { (counts.None, "without a run"), (counts.Success, "succeeded"), (counts.Failed, "failed"), (counts.Cancelled, "cancelled"), (active, "with an active run") })
        {
            if (count > 0)
            {
                parts.Add($"{Grid.Count(count)} {what}");
            }
        }

        return parts.Count == 0 ? "none" : string.Join(", ", parts);
    }

    private static string Interval(IntervalView? interval) => interval is null ? "–" : $"{Grid.Time(interval.Start)} to {Grid.Time(interval.End)}";
}
