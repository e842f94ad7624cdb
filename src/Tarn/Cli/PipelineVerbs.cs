using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Tarn.Core;

namespace Tarn;

/// <summary><c>pipelines …</c>.</summary>
internal static class PipelineVerbs
{
    private const int TasksShown = 40;

    public static Command Create(CommandLine cli) => CommandLine.Noun(
        "pipelines",
        "Pipelines: what runs, when, and how the last runs went.",
        ["{0} pipelines list", "{0} pipelines run earthquakes-minibatch --wait", "{0} pipelines backfill earthquakes-daily --from 2026-01-01 --to 2026-02-01 --dry-run"],
        [List(cli),
        Show(cli),
        Run(cli),
        Switch(cli, "pause", "Stop a pipeline's schedule; runs that are under way go on.", "Paused"),
        Switch(cli, "resume", "Let a paused pipeline's schedule go on.", "Resumed"),
        .. BackfillVerbs.Create(cli),
        PipelineHistoryVerbs.Calendar(cli),
        PipelineHistoryVerbs.Repairs(cli)]);

    public static Argument<string> Name() => new("PIPELINE") { Description = "The pipeline's name; `pipelines list` shows them." };

    private static Command List(CommandLine cli) => cli.Verb(
        "list",
        "List the pipelines with their schedule, next run and last run.",
        ["{0} pipelines list", "{0} pipelines list --json | jq -r '.[].name'"],
        static call => call.ShowAsync("/api/v1/pipelines", ApiJson.Default.IReadOnlyListPipelineView, pipelines =>
        {
            if (pipelines.Count == 0)
            {
                call.Terminal.Out.WriteLine("This program has no pipelines.");
                return;
            }

            var grid = new Grid("PIPELINE", "SCHEDULE", "?NEXT RUN AFTER", "?LAST RUN", "STATE", ">TOOK");
            foreach (var p in pipelines)
            {
                var last = p.LastRuns.Count > 0 ? p.LastRuns[0] : null;
                grid.AddWithState(
                    4,
                    p.Name,
                    p.Schedule is null ? "by hand" : p.TimeZone is "UTC" ? p.Schedule : $"{p.Schedule} {p.TimeZone}",
                    p.Paused ? "paused" : Grid.Time(p.NextRun?.RunAfter),
                    Grid.Time(last?.LogicalDate),
                    last?.State ?? "–",
                    Grid.Duration(last?.DurationMs));
            }

            grid.Write(call.Terminal);
        }));

    private static Command Show(CommandLine cli)
    {
        var name = Name();
        return cli.Verb(
            "show",
            "Show one pipeline: its tasks, schedule and last runs.",
            ["{0} pipelines show earthquakes-minibatch"],
            call => call.ShowAsync($"/api/v1/pipelines/{VerbCall.Escape(call.Value(name))}", ApiJson.Default.PipelineView, p =>
            {
                var to = call.Terminal.Out;
                to.WriteLine(p.Name + (p.Paused ? "  (paused)" : ""));
                if (p.Description is not null)
                {
                    to.WriteLine($"  {p.Description}");
                }

                WriteDefinition(call.Terminal.Out, p);
                to.WriteLine();
                RunVerbs.WriteRuns(call.Terminal, p.LastRuns, withPipeline: false);
            }),
            name);
    }

    private static void WriteDefinition(TextWriter to, PipelineView p)
    {
        void Line(string label, string text) => to.WriteLine($"  {label,-16} {text}");
        to.WriteLine();
        Line("schedule", $"{p.Schedule ?? "by hand"} ({p.TimeZone}){(p.CatchUp ? ", catches up on missed intervals" : "")}");
        Line("next run", p.NextRun is { } next ? $"after {Grid.Time(next.RunAfter)}, for {Grid.Time(next.Start)} to {Grid.Time(next.End)}" : "–");
        Line("retries", string.Create(CultureInfo.InvariantCulture, $"{p.Retries}, at most {p.MaxActiveRuns} {(p.MaxActiveRuns == 1 ? "run" : "runs")} at a time"));
        if (p.Intervals.Total > 0)
        {
            Line("intervals", $"{Grid.Count(p.Intervals.Success)} succeeded, {Grid.Count(p.Intervals.Failed)} failed, {Grid.Count(p.Intervals.Cancelled)} cancelled");
        }

        Lines(p.TriggersOnAll ? "run by all of" : "run by", p.TriggeredBy.Select(static s => $"{s.Kind} {s.Name}"));
        Lines("repaired by", p.RepairedBy.Select(static r => $"table {r.Table}, up to {Durations.Show(TimeSpan.FromSeconds(r.HorizonSeconds))} back"));
        Lines("alerts", p.Alerts.Select(static r => $"{string.Join(", ", r.Events)} to {(r.Channels.Count == 0 ? "the default channels" : string.Join(", ", r.Channels))}"));
        Lines("parameters", p.Parameters.Select(static d => d.Name + (d.Required ? ", to be given" : $" = {d.Default?.GetRawText() ?? "null"}") + (d.Description is null ? "" : $"  ({d.Description})")));
        Lines("tasks", p.Tasks.Take(TasksShown).Select(Describe));
        if (p.Tasks.Count > TasksShown)
        {
            Line("", $"and {Grid.Count(p.Tasks.Count - TasksShown)} more; --json has them");
        }

        void Lines(string label, IEnumerable<string> texts)
        {
            foreach (var text in texts)
            {
                Line(label, text);
                label = "";
            }
        }
    }

    private static string Describe(TaskView t)
    {
        List<string> said = [];
        if (t.Kind != "task")
        {
            said.Add(t.Kind + (t.Over is { } over ? $" over {over}" : "") + (t.SubPipeline is { } sub ? $" {sub}" : "") + (t.TeardownOf is { } setup ? $" of {setup}" : ""));
        }

        if (t.After.Count > 0)
        {
            said.Add($"after {string.Join(", ", t.After)}");
        }

        if (t.Rule != "all_success")
        {
            said.Add(t.Rule);
        }

        return said.Count == 0 ? t.Name : $"{t.Name} ({string.Join("; ", said)})";
    }

    private static Command Run(CommandLine cli)
    {
        var name = Name();
        var date = new Option<string?>("--logical-date") { Description = "The run's date, ISO 8601, UTC unless an offset is given; the data interval is the schedule's latest that ended by then. Default now.", HelpName = "TIME" };
        var parameters = new Option<string[]>("--param") { Description = "A parameter of the run; a value is JSON, or text where it is no JSON or the parameter is text. May be repeated.", HelpName = "NAME=VALUE" };
        var wait = new Option<bool>("--wait") { Description = "Wait until the run has ended; exit 0 only where it succeeded." };
        return cli.Verb(
            "run",
            "Run a pipeline now.",
            [
                "{0} pipelines run earthquakes-minibatch --wait",
                "{0} pipelines run earthquakes-daily --logical-date 2026-11-21T23:50:00Z --wait --json",
                "{0} pipelines run train --param rounds=200 --param label=retrained --wait",
            ],
            call => RunAsync(call, call.Value(name), call.Value(date), call.Value(parameters) ?? [], call.Value(wait)),
            name,
            date,
            parameters,
            wait);
    }

    private static async Task<int> RunAsync(VerbCall call, string pipeline, string? date, string[] given, bool wait)
    {
        if (date is not null && !Instants.TryParse(date, out _))
        {
            throw TarnException.InvalidInput($"--logical-date is a point in time. {Instants.Rule}", date);
        }

        var path = $"/api/v1/pipelines/{VerbCall.Escape(pipeline)}";
        JsonElement? parameters = null;
        if (given.Length > 0)
        {
            var definition = VerbCall.Read(await call.Api.GetBytesAsync(path, call.Cancellation).ConfigureAwait(false), ApiJson.Default.PipelineView);
            parameters = GivenParameters.Read(given, definition.Parameters);
        }

        var answer = await call.Api.PostAsync($"{path}/runs", new TriggerRequest(date, parameters), ApiJson.Default.TriggerRequest, call.Cancellation).ConfigureAwait(false);
        var run = VerbCall.Read(answer, ApiJson.Default.RunView);

        // Without a server there is no process that the run could go on in.
        if (wait || call.IsOwnHost)
        {
            return await RunVerbs.WaitAsync(call, run).ConfigureAwait(false);
        }

        return call.Show(answer, ApiJson.Default.RunView, r =>
        {
            call.Terminal.Out.WriteLine($"Run {r.Id} of {r.Pipeline} is {r.State}, for {Grid.Time(r.DataInterval.Start)} to {Grid.Time(r.DataInterval.End)}.");
            call.Terminal.Out.WriteLine($"Follow it with `runs show {r.Id}` or `runs logs {r.Id}`.");
        });
    }

    private static Command Switch(CommandLine cli, string verb, string description, string done)
    {
        var name = Name();
        return cli.Verb(
            verb,
            description,
            [$"{{0}} pipelines {verb} earthquakes-minibatch"],
            async call =>
            {
                var path = $"/api/v1/pipelines/{VerbCall.Escape(call.Value(name))}";
                await call.Api.PostAsync($"{path}/{verb}", call.Cancellation).ConfigureAwait(false);
                return await call.ShowAsync(path, ApiJson.Default.PipelineView, p => call.Terminal.Out.WriteLine($"{done} {p.Name}.")).ConfigureAwait(false);
            },
            name);
    }
}
