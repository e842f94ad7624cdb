using System.CommandLine;
using System.Globalization;
using Tarn.Core;

namespace Tarn;

/// <summary><c>runs …</c>.</summary>
internal static class RunVerbs
{
    public static Command Create(CommandLine cli) => CommandLine.Noun(
        "runs",
        "Runs of pipelines: their tasks, attempts and logs.",
        ["{0} runs list --state failed", "{0} runs logs 0199c0…"],
        List(cli),
        Show(cli),
        RunLogs.Create(cli, Id()),
        Change(cli, "cancel", "Cancel a run; what its tasks committed stays.", "Cancelling"),
        Change(cli, "retry", "Run the failed and the not yet run tasks of an ended run again.", "Retrying"));

    /// <summary>Waits until a run has ended, shows it, and gives the exit code: 0 only for success.</summary>
    public static async Task<int> WaitAsync(VerbCall call, RunView run)
    {
        using var progress = new Progress(call.Terminal);
        while (!RunView.IsEnd(run.State))
        {
            progress.Show($"{run.Pipeline} {run.State}");
            try
            {
                var answer = await call.Api.GetBytesAsync($"/api/v1/runs/{VerbCall.Escape(run.Id)}/wait?timeoutSeconds={(call.Terminal.ErrorIsTerminal ? 1 : 30)}", call.Cancellation).ConfigureAwait(false);
                run = VerbCall.Read(answer, ApiJson.Default.RunView);
            }
            catch (OperationCanceledException) when (!call.IsOwnHost)
            {
                progress.Clear();
                call.Terminal.Error.WriteLine($"The run goes on in the server; `runs show {run.Id}` looks at it, `runs cancel {run.Id}` ends it.");
                throw;
            }
        }

        progress.Clear();
        await call.ShowAsync($"/api/v1/runs/{VerbCall.Escape(run.Id)}", ApiJson.Default.RunDetailsView, details => RunTree.Write(call.Terminal, details)).ConfigureAwait(false);
        return run.State == "success" ? 0 : 1;
    }

    public static void WriteRuns(Terminal terminal, IReadOnlyList<RunView> runs, bool withPipeline)
    {
        if (runs.Count == 0)
        {
            terminal.Out.WriteLine("No runs yet.");
            return;
        }

        var grid = withPipeline
            ? new Grid("RUN", "STATE", "PIPELINE", "?LOGICAL DATE", "?TRIGGER", "?STARTED", "?>TOOK", "?~ERROR")
            : new Grid("RUN", "STATE", "LOGICAL DATE", "?TRIGGER", "?STARTED", "?>TOOK", "?~ERROR");
        foreach (var r in runs)
        {
            List<string?> cells = [r.Id, r.State, Grid.Time(r.LogicalDate), r.Trigger, Grid.Time(r.StartedAt), Grid.Duration(r.DurationMs), FirstLine(r.Error)];
            if (withPipeline)
            {
                cells.Insert(2, r.Pipeline);
            }

            grid.AddWithState(1, [.. cells]);
        }

        grid.Write(terminal);
    }

    private static Argument<string> Id() => new("RUN") { Description = "The run's id; `runs list` shows them." };

    private static Command List(CommandLine cli)
    {
        var pipeline = new Option<string?>("--pipeline") { Description = "Only runs of this pipeline.", HelpName = "P" };
        var state = new Option<string?>("--state") { Description = "Only runs in this state: queued, running, success, failed or cancelled.", HelpName = "S" };
        var trigger = new Option<string?>("--trigger") { Description = "Only runs made for this reason: scheduled, manual, backfill, catch_up, data, repair or sub_pipeline.", HelpName = "T" };
        var backfill = new Option<string?>("--backfill") { Description = "Only runs of this backfill.", HelpName = "ID" };
        var limit = new Option<int>("--limit") { Description = "At most so many, newest first.", DefaultValueFactory = static _ => 20, HelpName = "N" };
        return cli.Verb(
            "list",
            "List runs, newest first.",
            ["{0} runs list", "{0} runs list --pipeline earthquakes-daily --state failed --limit 5", "{0} runs list --trigger repair"],
            call =>
            {
                var query = string.Create(CultureInfo.InvariantCulture, $"?limit={call.Value(limit)}");
                query += call.Value(pipeline) is { } p ? $"&pipeline={VerbCall.Escape(p)}" : "";
                query += call.Value(state) is { } s ? $"&state={VerbCall.Escape(s)}" : "";
                query += call.Value(trigger) is { } t ? $"&trigger={VerbCall.Escape(t)}" : "";
                query += call.Value(backfill) is { } b ? $"&backfill={VerbCall.Escape(b)}" : "";
                return call.ShowAsync("/api/v1/runs" + query, ApiJson.Default.IReadOnlyListRunView, runs => WriteRuns(call.Terminal, runs, withPipeline: true));
            },
            pipeline,
            state,
            trigger,
            backfill,
            limit);
    }

    private static Command Show(CommandLine cli)
    {
        var id = Id();
        return cli.Verb(
            "show",
            "Show one run with its tasks and their attempts.",
            ["{0} runs show 0199c0…", "{0} runs show 0199c0… --json | jq '.tasks[].attempts[].reported'"],
            call => call.ShowAsync($"/api/v1/runs/{VerbCall.Escape(call.Value(id))}", ApiJson.Default.RunDetailsView, run => RunTree.Write(call.Terminal, run)),
            id);
    }

    private static Command Change(CommandLine cli, string verb, string description, string doing)
    {
        var id = Id();
        return cli.Verb(
            verb,
            description,
            [$"{{0}} runs {verb} 0199c0…"],
            async call =>
            {
                if (call.IsOwnHost && verb == "retry")
                {
                    var retried = VerbCall.Read(await call.Api.PostAsync($"/api/v1/runs/{VerbCall.Escape(call.Value(id))}/retry", call.Cancellation).ConfigureAwait(false), ApiJson.Default.RunView);
                    return await WaitAsync(call, retried).ConfigureAwait(false);
                }

                var answer = await call.Api.PostAsync($"/api/v1/runs/{VerbCall.Escape(call.Value(id))}/{verb}", call.Cancellation).ConfigureAwait(false);
                return call.Show(answer, ApiJson.Default.RunView, run => call.Terminal.Out.WriteLine($"{doing} run {run.Id} of {run.Pipeline}: {run.State}."));
            },
            id);
    }

    public static string FirstLine(string? text) => text is null ? "" : text.Split('\n', 2)[0].Trim();
}
