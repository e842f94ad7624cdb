using System.Globalization;
using Tarn.Core;
using Tarn.Registry;

namespace Tarn.Training;

/// <summary>The registry's training run of one training: started once, found again by the training's key by whoever goes on after an interruption.</summary>
internal sealed class RunRecord(ModelRegistry registry, ImageTrainingPlan plan, string key, TimeProvider time)
{
    private const string KeyTag = "tarn.training";
    private const int MostMetrics = 500;

    /// <summary>The run: the one that was started before, or a new one.</summary>
    public async Task<TrainingRun> OpenAsync(CancellationToken cancellation)
    {
        var experiment = await registry.Experiments.GetOrCreateAsync(plan.ExperimentName, cancellation).ConfigureAwait(false);
        var found = await registry.Runs.SearchAsync(new RunSearch { ExperimentIds = [experiment.Id], Filter = $"tags.\"{KeyTag}\" = '{key}'", Limit = 1 }, cancellation).ConfigureAwait(false);
        if (found.Items.Count == 0)
        {
            return await registry.Runs.StartAsync(
                new NewTrainingRun
                {
                    ExperimentId = experiment.Id,
                    User = plan.Who,
                    Tags = [new(KeyTag, key), new(ModelCard.SyntheticTag, Text(plan.IsSynthetic)), new(RunTags.Note, plan.Data)],
                },
                cancellation).ConfigureAwait(false);
        }

        return found.Items[0].Status is TrainingRunStatus.Failed or TrainingRunStatus.Killed
            ? await registry.Runs.UpdateAsync(found.Items[0].Id, new TrainingRunChange { Status = TrainingRunStatus.Running }, cancellation).ConfigureAwait(false)
            : found.Items[0];
    }

    /// <summary>Does something for the run; where that fails, the run says so, until it is gone on with.</summary>
    public async Task<T> WithinAsync<T>(Func<TrainingRun, Task<T>> work, CancellationToken cancellation)
    {
        var run = await OpenAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await work(run).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            await registry.Runs.EndAsync(run.Id, TrainingRunStatus.Failed, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Logs params; those that there are already stay.</summary>
    public Task ParamsAsync(TrainingRun run, IEnumerable<(string Name, object Value)> values, CancellationToken cancellation)
    {
        var there = run.Params.Select(static p => p.Key).ToHashSet(StringComparer.Ordinal);
        var batch = new RunBatch { Params = [.. values.Where(v => !there.Contains(v.Name)).Select(static v => new KeyValuePair<string, string>(v.Name, Convert.ToString(v.Value, CultureInfo.InvariantCulture) ?? ""))] };
        return registry.Runs.LogAsync(run.Id, batch, cancellation);
    }

    /// <summary>Logs points of metrics.</summary>
    public async Task MetricsAsync(TrainingRun run, IEnumerable<(string Name, double Value, long Step)> values, CancellationToken cancellation)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var some in values.Chunk(MostMetrics))
        {
            await registry.Runs.LogAsync(run.Id, new RunBatch { Metrics = [.. some.Select(v => new Registry.Metric(v.Name, v.Value, v.Step, now))] }, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Keeps a file with the run.</summary>
    public Task KeepAsync(TrainingRun run, string path, ReadOnlyMemory<byte> content, CancellationToken cancellation) =>
        registry.Artifacts.PutAsync(run, ArtifactSource.FromBytes(path, content), cancellation);

    /// <summary>A file that was kept with the run.</summary>
    public Task<byte[]> ReadAsync(TrainingRun run, string path, CancellationToken cancellation) => RegistryFiles.ReadAsync(registry, $"{ArtifactStore.FolderOf(run)}/{path}", cancellation);

    public static void CheckKey(string key)
    {
        if (key.Length is 0 or > 100 || !key.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
        {
            throw TarnException.InvalidInput("A training's key consists of letters, digits, - and _, 100 at most.", key, "Give the id of what runs it.");
        }
    }

    public static string Text(bool value) => value ? "true" : "false";
}
