using System.CommandLine;
using System.Globalization;

namespace Tarn;

/// <summary><c>experiments …</c> and <c>training-runs …</c>.</summary>
internal static class TrackingVerbs
{
    private const int MetricsShown = 3;

    public static Command Experiments(CommandLine cli) => CommandLine.Noun(
        "experiments",
        "Experiments: what training runs that belong together stand under.",
        ["{0} experiments list"],
        cli.Verb(
            "list",
            "List the experiments, newest first, with how many runs each has.",
            ["{0} experiments list", "{0} experiments list --json | jq -r '.[].name'"],
            static call => call.ShowAsync("/api/v1/experiments?limit=1000", ApiJson.Default.IReadOnlyListExperimentView, experiments =>
            {
                var grid = new Grid("ID", "EXPERIMENT", ">RUNS", ">RUNNING", "LAST STARTED", "?CREATED");
                foreach (var e in experiments)
                {
                    grid.Add(e.Id, e.Name, Grid.Count(e.Runs), Grid.Count(e.RunningRuns), Grid.Time(e.LastStartedAt), Grid.Time(e.CreatedAt));
                }

                grid.Write(call.Terminal);
            })));

    public static Command Runs(CommandLine cli) => CommandLine.Noun(
        "training-runs",
        "Training runs: their params, metrics and artifacts.",
        ["{0} training-runs list --experiment pizza --order \"metrics.accuracy DESC\"", "{0} training-runs show 0199c0…"],
        List(cli),
        Show(cli));

    private static Command List(CommandLine cli)
    {
        var experiment = new Option<string[]>("--experiment") { Description = "Only runs of this experiment, by id or name. May be repeated.", HelpName = "EXPERIMENT" };
        var filter = new Option<string?>("--filter") { Description = "Only runs that match, as in \"metrics.accuracy > 0.9 AND params.head = 'mlp'\".", HelpName = "FILTER" };
        var order = new Option<string?>("--order") { Description = "The order, as in \"metrics.accuracy DESC\"; commas part several. Default the newest first.", HelpName = "ORDER" };
        var limit = new Option<int>("--limit") { Description = "At most so many; 1 to 1000.", DefaultValueFactory = static _ => 20, HelpName = "N" };
        return cli.Verb(
            "list",
            "List training runs with their last metrics.",
            ["{0} training-runs list", "{0} training-runs list --experiment pizza --filter \"metrics.accuracy > 0.9\" --order \"metrics.accuracy DESC\""],
            call =>
            {
                var query = string.Concat((call.Value(experiment) ?? []).Select(static e => $"&experiment={VerbCall.Escape(e)}"))
                    + (call.Value(filter) is { } f ? $"&filter={VerbCall.Escape(f)}" : "")
                    + (call.Value(order) is { } o ? $"&orderBy={VerbCall.Escape(o)}" : "");
                return call.ShowAsync(
                    $"/api/v1/training-runs?limit={call.Value(limit).ToString(CultureInfo.InvariantCulture)}{query}", ApiJson.Default.TrainingRunsView, page => WriteRuns(call.Terminal, page.Runs));
            },
            experiment,
            filter,
            order,
            limit);
    }

    private static Command Show(CommandLine cli)
    {
        var id = new Argument<string>("RUN") { Description = "The run's id; `training-runs list` shows them." };
        return cli.Verb(
            "show",
            "Show one training run: params, metrics, tags, datasets, and the models made of it.",
            ["{0} training-runs show 0199c0…"],
            call => call.ShowAsync($"/api/v1/training-runs/{VerbCall.Escape(call.Value(id))}", ApiJson.Default.TrainingRunDetailsView, details => Write(call.Terminal.Out, details)),
            id);
    }

    private static void WriteRuns(Terminal terminal, IReadOnlyList<TrainingRunView> runs)
    {
        if (runs.Count == 0)
        {
            terminal.Out.WriteLine("No training runs.");
            return;
        }

        var grid = new Grid("RUN", "STATUS", "NAME", "?EXPERIMENT", "STARTED", "?>TOOK", "~METRICS");
        foreach (var r in runs)
        {
            var metrics = string.Join(", ", r.Metrics.Take(MetricsShown).Select(static m => $"{m.Name} {Number(m.Value)}"));
            grid.AddWithState(
                1, r.Id, r.Status, r.Name, r.ExperimentId, Grid.Time(r.StartedAt), Grid.Duration(r.DurationMs), r.Metrics.Count > MetricsShown ? $"{metrics}, … ({r.Metrics.Count})" : metrics);
        }

        grid.Write(terminal);
    }

    private static void Write(TextWriter to, TrainingRunDetailsView details)
    {
        var run = details.Run;
        to.WriteLine($"{run.Name}  ({run.Status}{(run.State == "deleted" ? ", deleted" : "")})");
        Line("run", run.Id);
        Line("experiment", run.ExperimentId);
        Line("started", $"{Grid.Time(run.StartedAt)}{(run.User.Length > 0 ? $" by {run.User}" : "")}");
        Line("ended", $"{Grid.Time(run.EndedAt)}{(run.DurationMs is null ? "" : $", took {Grid.Duration(run.DurationMs)}")}");
        Line("artifacts", run.ArtifactLocation);
        Lines("models", details.Models.Select(static m => $"{m.Model} {m.Version.ToString(CultureInfo.InvariantCulture)}{(m.Aliases.Count > 0 ? $" ({string.Join(", ", m.Aliases)})" : "")}"));
        Lines("datasets", run.Inputs.Select(static i => $"{i.Name} {i.Digest}"));
        Lines("params", run.Params.Select(static p => $"{p.Key} = {p.Value}"));
        Lines("metrics", run.Metrics.Select(static m => $"{m.Name} = {Number(m.Value)} (step {m.Step.ToString(CultureInfo.InvariantCulture)})"));
        Lines("tags", run.Tags.Select(static t => $"{t.Key} = {t.Value}"));

        void Line(string label, string text) => to.WriteLine($"  {label,-12} {text}");

        void Lines(string label, IEnumerable<string> texts)
        {
            foreach (var text in texts)
            {
                Line(label, text);
                label = "";
            }
        }
    }

    private static string Number(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);
}
