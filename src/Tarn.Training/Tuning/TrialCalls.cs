namespace Tarn.Training;

/// <summary>Calls of the objective: those of an earlier run are taken from the store, others are made and kept.</summary>
internal sealed class TrialCalls
{
    private readonly TunerOptions _options;
    private readonly TrialStore _store;
    private readonly string _study;
    private readonly Func<TrialContext, CancellationToken, Task<double>> _objective;
    private readonly Action<TrialEvaluation>? _onEvaluation;
    private readonly Dictionary<(int Trial, int Rung), TrialEvaluation> _known = [];
    private readonly Lock _gate = new();

    public TrialCalls(
        TunerOptions options, TrialStore store, string study, Func<TrialContext, CancellationToken, Task<double>> objective, IReadOnlyList<TrialEvaluation> kept, Action<TrialEvaluation>? onEvaluation)
    {
        (_options, _store, _study, _objective, _onEvaluation) = (options, store, study, objective, onEvaluation);
        foreach (var evaluation in kept)
        {
            _known[(evaluation.Trial, evaluation.Rung)] = evaluation;
        }
    }

    /// <summary>How often the objective was called.</summary>
    public int Made { get; private set; }

    /// <summary>How often it did not need to be.</summary>
    public int Resumed { get; private set; }

    /// <summary>The parameters that a trial had in an earlier run, or null.</summary>
    public TrialParameters? ParametersOf(int trial) => _known.GetValueOrDefault((trial, 0))?.Parameters;

    /// <summary>A call for each trial, some at a time; in the trials' order.</summary>
    public async Task<IReadOnlyList<TrialEvaluation>> AllAsync(IReadOnlyList<(int Number, TrialParameters Parameters)> trials, int rung, double budget, CancellationToken cancellation)
    {
        var results = new TrialEvaluation[trials.Count];
        await Parallel.ForAsync(
            0, trials.Count, new ParallelOptions { MaxDegreeOfParallelism = _options.Parallel, CancellationToken = cancellation },
            async (i, token) => results[i] = await OneAsync(trials[i].Number, trials[i].Parameters, rung, budget, token).ConfigureAwait(false)).ConfigureAwait(false);
        return results;
    }

    private async Task<TrialEvaluation> OneAsync(int number, TrialParameters parameters, int rung, double budget, CancellationToken cancellation)
    {
        TrialEvaluation? known, before;
        lock (_gate)
        {
            known = _known.GetValueOrDefault((number, rung));
            before = _known.GetValueOrDefault((number, rung - 1));
            if (known is not null && (known.Value is not null || !_options.RetryFailed))
            {
                Resumed++;
                return known;
            }
        }

        var context = new TrialContext(number, rung, budget, parameters, (long)(new SeededRandom(_options.Seed, number, 0x7472).NextBits() >> 1), before?.Checkpoint);
        var (value, reason) = await ValueAsync(context, cancellation).ConfigureAwait(false);
        var evaluation = new TrialEvaluation(number, rung, budget, parameters, value, reason, context.Kept);

        // A call that ended is kept also where others are being cancelled.
        await _store.SaveAsync(_study, evaluation, CancellationToken.None).ConfigureAwait(false);
        lock (_gate)
        {
            Made++;
            _known[(number, rung)] = evaluation;
            _onEvaluation?.Invoke(evaluation);
        }

        return evaluation;
    }

    private async Task<(double? Value, string? Reason)> ValueAsync(TrialContext context, CancellationToken cancellation)
    {
        try
        {
            var value = await _objective(context, cancellation).ConfigureAwait(false);
            return double.IsFinite(value) ? (value, null) : (null, FormattableString.Invariant($"The objective gave {value}; a trial's value is a finite number."));
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e)
        {
            // Whatever it was: one trial's failure is a finding, not the end of the search.
            return (null, e is Tarn.Core.TarnException ? e.Message : $"{e.GetType().Name}: {e.Message}");
        }
    }
}
