using Tarn.Core;

namespace Tarn.Training;

/// <summary>
/// Where the calls of a tuning's objective are kept, so that it can go on after an interruption. A store keeps each call once (the last one wins) and gives them all back; a study's
/// definition never changes.
/// </summary>
public abstract class TrialStore
{
    /// <summary>A store that lives as long as the process.</summary>
    public static TrialStore InMemory() => new InMemoryTrialStore();

    /// <summary>A store in the program's metadata.</summary>
    public static TrialStore In(MetadataStore metadata) => new MetadataTrialStore(metadata);

    /// <summary>Opens a study and gives back its calls; begins it where it is new.</summary>
    /// <param name="study">Its name.</param>
    /// <param name="definition">What is searched for, and how, as text.</param>
    /// <param name="cancellation">Cancels it.</param>
    /// <exception cref="TarnException">The study was begun with another definition.</exception>
    public async Task<IReadOnlyList<TrialEvaluation>> OpenAsync(string study, string definition, CancellationToken cancellation = default)
    {
        var begun = await BeginAsync(study, definition, cancellation).ConfigureAwait(false);
        return begun == definition ? await LoadAsync(study, cancellation).ConfigureAwait(false) : throw TarnException.Conflict(
            "A study goes on with the search space, method and seed that it was begun with.", study, "Give them back, or name a new study.");
    }

    /// <summary>Keeps a call that ended.</summary>
    /// <param name="study">The study, opened before.</param>
    /// <param name="evaluation">The call.</param>
    /// <param name="cancellation">Cancels it.</param>
    public abstract Task SaveAsync(string study, TrialEvaluation evaluation, CancellationToken cancellation = default);

    /// <summary>Begins a study where it is new; returns the definition that it was begun with.</summary>
    protected abstract Task<string> BeginAsync(string study, string definition, CancellationToken cancellation);

    /// <summary>A study's calls, by trial and rung.</summary>
    protected abstract Task<IReadOnlyList<TrialEvaluation>> LoadAsync(string study, CancellationToken cancellation);
}

/// <summary>Trials in memory.</summary>
internal sealed class InMemoryTrialStore : TrialStore
{
    private readonly Dictionary<string, (string Definition, SortedDictionary<(int, int), TrialEvaluation> Evaluations)> _studies = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    public override Task SaveAsync(string study, TrialEvaluation evaluation, CancellationToken cancellation = default)
    {
        lock (_gate)
        {
            _studies[study].Evaluations[(evaluation.Trial, evaluation.Rung)] = evaluation;
        }

        return Task.CompletedTask;
    }

    protected override Task<string> BeginAsync(string study, string definition, CancellationToken cancellation)
    {
        lock (_gate)
        {
            _studies.TryAdd(study, (definition, []));
            return Task.FromResult(_studies[study].Definition);
        }
    }

    protected override Task<IReadOnlyList<TrialEvaluation>> LoadAsync(string study, CancellationToken cancellation)
    {
        lock (_gate)
        {
            return Task.FromResult<IReadOnlyList<TrialEvaluation>>([.. _studies[study].Evaluations.Values]);
        }
    }
}
