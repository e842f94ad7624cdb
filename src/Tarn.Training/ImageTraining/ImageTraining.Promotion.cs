using System.Text.Json;
using Tarn.Core;
using Tarn.Registry;

namespace Tarn.Training;

/// <summary>What the gate decided about a registered version. Goes to JSON and back.</summary>
/// <param name="Model">The model.</param>
/// <param name="Version">The version that was trained.</param>
/// <param name="Champion">The champion's version it was judged against; null where there was none.</param>
/// <param name="Promote">Whether it takes the champion's place.</param>
/// <param name="Reason">Why.</param>
/// <param name="Verdict">The verdict with its numbers, JSON.</param>
public sealed record ImageVerdict(string Model, long Version, long? Champion, bool Promote, string Reason, string Verdict);

/// <content>Registering, the gate, the ledger.</content>
public sealed partial class ImageTraining
{
    /// <summary>
    /// Registers the model as a version, which is seen whole or not at all, and judges it against the champion: both exported models run over the same test images. A champion that
    /// was trained on drawn images is none to a model that was trained on real ones, and a model of drawn images never takes the place of one of real ones.
    /// </summary>
    /// <exception cref="TarnException">The gate's options are out of range, or the registry cannot be written.</exception>
    public Task<ImageVerdict> JudgeAsync(ImageDatasetSnapshot snapshot, CancellationToken cancellation = default) => _record.WithinAsync(
        async run =>
        {
            var version = await RegisterAsync(run, cancellation).ConfigureAwait(false);
            var champion = await _parts.Registry.Models.FindByAliasAsync(_plan.Model, RegisteredModels.Champion, cancellation).ConfigureAwait(false);
            var mine = TestPredictions.FromJson(await _record.ReadAsync(run, PredictionsFile, cancellation).ConfigureAwait(false));
            var verdict = await CompareAsync(snapshot, mine, version, champion?.Version == version.Version ? null : champion, cancellation).ConfigureAwait(false);
            await KeepTextAsync(run, "verdict.json", verdict.ToJson(), cancellation).ConfigureAwait(false);
            TrainingProgressLog.Judged(_log, verdict.Reason);
            return new ImageVerdict(_plan.Model, version.Version, champion?.Version, verdict.Promote, verdict.Reason, verdict.ToJson());
        },
        cancellation);

    /// <summary>Does what the gate decided: gives the alias champion to the version, or notes in the ledger that it was looked at and kept out. Then the training run has ended.</summary>
    /// <exception cref="TarnException">The champion has changed since the gate looked at it.</exception>
    public Task<bool> PromoteAsync(ImageVerdict verdict, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        return _record.WithinAsync(
            async run =>
            {
                var models = _parts.Registry.Models;
                using var numbers = JsonDocument.Parse(verdict.Verdict);
                var change = new AliasChange(_plan.Who, verdict.Reason) { Verdict = numbers.RootElement.Clone() };
                var now = await models.FindByAliasAsync(verdict.Model, RegisteredModels.Champion, cancellation).ConfigureAwait(false);
                if (verdict.Promote && now?.Version != verdict.Version)
                {
                    await models.SetAliasAsync(verdict.Model, RegisteredModels.Champion, verdict.Version, change with { ExpectedVersion = verdict.Champion ?? 0 }, cancellation).ConfigureAwait(false);
                }
                else if (!verdict.Promote && !(await models.LedgerAsync(verdict.Model, RegisteredModels.Champion, cancellation: cancellation).ConfigureAwait(false)).Any(e => e.Kind == LedgerKind.Kept && e.Candidate == verdict.Version))
                {
                    await models.KeepAliasAsync(verdict.Model, RegisteredModels.Champion, verdict.Version, change, cancellation).ConfigureAwait(false);
                }

                if (verdict.Promote)
                {
                    TrainingProgressLog.Promoted(_log, verdict.Model, verdict.Version);
                }
                else
                {
                    TrainingProgressLog.Kept(_log, verdict.Model, verdict.Version);
                }

                await _parts.Registry.Runs.EndAsync(run.Id, TrainingRunStatus.Finished, cancellation).ConfigureAwait(false);
                return verdict.Promote;
            },
            cancellation);
    }

    private async Task<ModelVersion> RegisterAsync(TrainingRun run, CancellationToken cancellation)
    {
        // An attempt before this one may have got as far as here: a training makes one version.
        var found = await _parts.Registry.Models.SearchVersionsAsync(new ModelSearch { Filter = $"run_id = '{run.Id}'" }, cancellation).ConfigureAwait(false);
        if (found.Items.FirstOrDefault(v => v.Model == _plan.Model) is { } there)
        {
            return there;
        }

        var files = new List<ArtifactSource>();
        foreach (var name in new[] { ImageModelFiles.ModelName, ImageModelFiles.BatchModelName, ImageModelFiles.SignatureName, ModelCard.FileName })
        {
            files.Add(ArtifactSource.FromBytes(name, await _record.ReadAsync(run, ModelFolder + name, cancellation).ConfigureAwait(false)));
        }

        var card = ModelCard.FromJson(System.Text.Encoding.UTF8.GetString(await _record.ReadAsync(run, ModelFolder + ModelCard.FileName, cancellation).ConfigureAwait(false)));
        var version = await _parts.Registry.Models.RegisterAsync(
            new NewModelVersion
            {
                Model = _plan.Model,
                Files = files,
                RunId = run.Id,
                User = _plan.Who,
                Description = card.Description,
                Tags = [new(ModelCard.SyntheticTag, RunRecord.Text(_plan.IsSynthetic)), new(ModelCard.DatasetTag, ModelCard.DatasetOf(card.Data.Table, card.Data.Version))],
            },
            cancellation).ConfigureAwait(false);
        TrainingProgressLog.Registered(_log, _plan.Model, version.Version);
        return version;
    }

    private async Task<GateVerdict> CompareAsync(ImageDatasetSnapshot snapshot, TestPredictions mine, ModelVersion version, ModelVersion? champion, CancellationToken cancellation)
    {
        var gate = new PromotionGate(_plan.Gate);
        var isSynthetic = champion is not null && champion.Tags.Any(static t => t.Key == ModelCard.SyntheticTag && t.Value == "true");
        if (champion is null || (isSynthetic && !_plan.IsSynthetic))
        {
            var alone = gate.Judge(new GateCandidate(Name(version), mine.ToSet(snapshot, mine.Classes), mine.LatencyMilliseconds), null);
            return champion is null ? alone : alone with { Reason = $"{Name(champion)} was trained on drawn images and counts as none. {alone.Reason}" };
        }

        if (_plan.IsSynthetic && !isSynthetic)
        {
            return Refusal(mine, version, champion, "real images", $"{Name(version)} was trained on drawn images, and {Name(champion)} on real ones.");
        }

        TestPredictions theirs;
        try
        {
            theirs = await TestPredictions.MakeAsync(snapshot, () => _parts.Registry.LoadClassifierAsync(champion, cancellation, threads: 1), _parts.Time, cancellation).ConfigureAwait(false);
        }
        catch (TarnException error) when (error.Kind != ErrorKind.Unavailable)
        {
            return Refusal(mine, version, champion, "comparison", $"{Name(champion)} could not be run on the test images, so that nothing can be compared: {error.Message} Promote by hand: `tarn models promote {version.Model} {version.Version}`.");
        }

        // A class that one of them does not know is one that it never gives.
        string[] classes = [.. mine.Classes.Union(theirs.Classes, StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        return await Task.Run(
            () => gate.Judge(
                new GateCandidate(Name(version), mine.ToSet(snapshot, classes), mine.LatencyMilliseconds), new GateCandidate(Name(champion), theirs.ToSet(snapshot, classes), theirs.LatencyMilliseconds)),
            cancellation).ConfigureAwait(false);
    }

    private GateVerdict Refusal(TestPredictions mine, ModelVersion version, ModelVersion champion, string check, string reason) => new(
        false, reason, Name(version), Name(champion), mine.Images.Count, _plan.Gate.Metric, null, null, null, null, null, [new GateCheck(check, false, null, null, reason)]);

    private static string Name(ModelVersion version) => FormattableString.Invariant($"{version.Model} {version.Version}");
}
