using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tarn.Core;

namespace Tarn;

/// <summary><c>train</c>: runs a system's training pipeline, NAME-training, to its end and says what came of it.</summary>
internal static class TrainVerb
{
    private const string Suffix = "-training";

    public static Command Create(CommandLine cli)
    {
        var name = new Argument<string>("NAME") { Description = "What to train: the name of a pipeline without its -training." };
        var tune = new Option<bool>("--tune") { Description = "Search over backbone, augmentation and head, in place of three regressions on each backbone." };
        var images = new Option<string?>("--images") { Description = "A folder of images, a folder in it for each class. Default: what is configured, else the system's own.", HelpName = "DIR" };
        var parameters = new Option<string[]>("--param") { Description = "A further parameter of the pipeline; `pipelines show NAME-training` shows them. May be repeated.", HelpName = "NAME=VALUE" };
        return cli.Verb(
            "train",
            "Train a model: run the training pipeline, wait, and say how good the model is and whether it was promoted.",
            ["{0} train pizza", "{0} train pizza --tune --images photos/", "{0} train pizza --images photos/ --param backbones=mobilenetv2 --json"],
            call =>
            {
                var folder = call.Value(images) is { } given ? Path.GetFullPath(given, cli.Surroundings.CurrentDirectory) : null;
                return RunAsync(call, call.Value(name), call.Value(tune), folder, call.Value(parameters) ?? []);
            },
            name,
            tune,
            images,
            parameters);
    }

    private static async Task<int> RunAsync(VerbCall call, string name, bool tune, string? images, string[] given)
    {
        var pipeline = await FindAsync(call, name).ConfigureAwait(false);
        List<string> all = [.. given];
        all.AddRange(tune ? ["tune=true"] : []);
        all.AddRange(images is null ? [] : [$"images={images}"]);
        JsonElement? parameters = all.Count > 0 ? GivenParameters.Read(all, pipeline.Parameters) : null;
        var run = await UnderWayAsync(call, pipeline, parameters).ConfigureAwait(false);
        if (run is null)
        {
            var answer = await call.Api.PostAsync($"/api/v1/pipelines/{VerbCall.Escape(pipeline.Name)}/runs", new TriggerRequest(null, parameters), ApiJson.Default.TriggerRequest, call.Cancellation).ConfigureAwait(false);
            run = VerbCall.Read(answer, ApiJson.Default.RunView);
        }

        var details = await WaitAsync(call, run).ConfigureAwait(false);
        var outcome = TrainingOutcome.Of(details);
        if (call.Options.Json)
        {
            call.PrintJson(JsonSerializer.SerializeToUtf8Bytes(outcome, ApiJson.Plain.TrainingOutcome));
        }
        else
        {
            outcome.Write(call.Terminal);
        }

        return details.State == "success" ? 0 : 1;
    }

    private static async Task<PipelineView> FindAsync(VerbCall call, string name)
    {
        var pipelines = VerbCall.Read(await call.Api.GetBytesAsync("/api/v1/pipelines", call.Cancellation).ConfigureAwait(false), ApiJson.Default.IReadOnlyListPipelineView);
        var trained = pipelines.Where(static p => p.Name.EndsWith(Suffix, StringComparison.Ordinal)).ToList();
        return trained.FirstOrDefault(p => p.Name == name + Suffix || p.Name == name) ?? throw TarnException.InvalidInput(
            "`train` takes the name of a training pipeline without its -training.", name,
            trained.Count == 0 ? "This program has none." : $"There are {string.Join(", ", trained.Select(static p => p.Name[..^Suffix.Length]))}.");
    }

    /// <summary>
    /// A run with the same parameters that a process was killed in the middle of: it goes on with the tasks that had not ended. (A server takes up such runs by itself.)
    /// </summary>
    private static async Task<RunView?> UnderWayAsync(VerbCall call, PipelineView pipeline, JsonElement? parameters)
    {
        if (!call.IsOwnHost)
        {
            return null;
        }

        var wanted = new JsonObject();
        foreach (var parameter in pipeline.Parameters)
        {
            wanted[parameter.Name] = parameters is { } p && p.TryGetProperty(parameter.Name, out var value) ? JsonNode.Parse(value.GetRawText()) : parameter.Default is { } d ? JsonNode.Parse(d.GetRawText()) : null;
        }

        var runs = VerbCall.Read(await call.Api.GetBytesAsync($"/api/v1/runs?pipeline={VerbCall.Escape(pipeline.Name)}&limit=20", call.Cancellation).ConfigureAwait(false), ApiJson.Default.IReadOnlyListRunView);
        var found = runs.FirstOrDefault(r => !RunView.IsEnd(r.State) && r.Trigger == "manual" && r.Parameters is { } given && JsonNode.DeepEquals(JsonNode.Parse(given.GetRawText()), wanted));
        if (found is null)
        {
            return null;
        }

        call.Terminal.Error.WriteLine($"Run {found.Id} was interrupted; it goes on.");
        return VerbCall.Read(await call.Api.PostAsync($"/api/v1/runs/{VerbCall.Escape(found.Id)}/take-up", call.Cancellation).ConfigureAwait(false), ApiJson.Default.RunView);
    }

    private static async Task<RunDetailsView> WaitAsync(VerbCall call, RunView run)
    {
        using var progress = new Progress(call.Terminal);
        var said = new HashSet<string>(StringComparer.Ordinal);
        while (true)
        {
            var details = VerbCall.Read(await call.Api.GetBytesAsync($"/api/v1/runs/{VerbCall.Escape(run.Id)}", call.Cancellation).ConfigureAwait(false), ApiJson.Default.RunDetailsView);
            var task = details.Tasks.FirstOrDefault(static t => t.State is "running" or "up_for_retry")?.Name ?? "";
            foreach (var begun in details.Tasks.Where(t => !call.Terminal.ErrorIsTerminal && t.Attempts.Count > 0 && said.Add(t.Name)))
            {
                call.Terminal.Error.WriteLine($"{run.Pipeline}: {begun.Name}");
            }

            if (RunView.IsEnd(details.State))
            {
                return details;
            }

            progress.Show(string.Create(CultureInfo.InvariantCulture, $"{run.Pipeline} {(task.Length > 0 ? task : details.State)}"));
            try
            {
                await call.Api.GetBytesAsync($"/api/v1/runs/{VerbCall.Escape(run.Id)}/wait?timeoutSeconds=0.5", call.Cancellation).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!call.IsOwnHost)
            {
                progress.Clear();
                call.Terminal.Error.WriteLine($"The run goes on in the server; `runs show {run.Id}` looks at it, `runs cancel {run.Id}` ends it.");
                throw;
            }
        }
    }
}
