using System.Text.Json;

namespace Tarn.Training;

/// <summary>
/// Searches for the parameters with which an objective is best. The search is a function of the space, the options and the values that the objective gives: which parallel trial ends
/// first changes nothing. With a store, calls that ended in an earlier run of the study are not made again, and the search comes out as if it had not been interrupted.
/// </summary>
public sealed class Tuner
{
    private readonly SearchSpace _space;
    private readonly TunerOptions _options;
    private readonly TrialStore _store;
    private readonly string _study;

    /// <summary>A tuner.</summary>
    /// <param name="space">What is searched for.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="store">Where trials are kept; null: nowhere.</param>
    /// <param name="study">The search's name in the store; default <c>study</c>.</param>
    /// <exception cref="Tarn.Core.TarnException">An option is out of range; all such are named.</exception>
    public Tuner(SearchSpace space, TunerOptions? options = null, TrialStore? store = null, string study = "study")
    {
        (_space, _options, _store, _study) = (space, options ?? new TunerOptions(), store ?? TrialStore.InMemory(), study);
        _options.Check();
    }

    /// <summary>
    /// Searches. The objective is called for up to <see cref="TunerOptions.Parallel"/> trials at a time. One that throws, or gives NaN or an infinite number, is a failed trial with that
    /// reason; the search goes on.
    /// </summary>
    /// <param name="objective">Gives a trial's value. It must be a function of what it is told.</param>
    /// <param name="cancellation">Stops the search; what ended is in the store.</param>
    /// <param name="onEvaluation">Called after each call of the objective, one at a time; null for nothing.</param>
    /// <exception cref="Tarn.Core.TarnException">The study in the store is another one.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task<TunerResult> RunAsync(
        Func<TrialContext, CancellationToken, Task<double>> objective, CancellationToken cancellation = default, Action<TrialEvaluation>? onEvaluation = null)
    {
        var kept = await _store.OpenAsync(_study, Definition(), cancellation).ConfigureAwait(false);
        var calls = new TrialCalls(_options, _store, _study, objective, kept, onEvaluation);
        var trials = _options.Method switch
        {
            TunerMethod.Hyperband => await BracketsAsync(HalvingBracket.Hyperband(_options.MinimumBudget, _options.MaximumBudget, _options.ReductionFactor), calls, cancellation).ConfigureAwait(false),
            TunerMethod.SuccessiveHalving => await BracketsAsync(
                [HalvingBracket.Halving(_options.Trials, _options.MinimumBudget, _options.MaximumBudget, _options.ReductionFactor)], calls, cancellation).ConfigureAwait(false),
            _ => await PlainAsync(calls, cancellation).ConfigureAwait(false),
        };
        var succeeded = trials.Where(static t => t.Value is not null).ToList();
        var best = succeeded.OrderByDescending(static t => t.Budget).ThenByDescending(t => Good(t.Value!.Value)).ThenBy(static t => t.Number).FirstOrDefault();
        return new TunerResult(best, trials, calls.Made + calls.Resumed, calls.Resumed);
    }

    private async Task<IReadOnlyList<Trial>> PlainAsync(TrialCalls calls, CancellationToken cancellation)
    {
        TrialSampler sampler = _options.Method switch
        {
            TunerMethod.Grid => new GridSampler(_space, _options.GridPoints, _options.Trials),
            TunerMethod.Random => new RandomSampler(_space, _options.Seed),
            _ => new TpeSampler(_space, _options),
        };
        var done = new List<TrialEvaluation>();
        var count = Math.Min(_options.Trials, sampler.Most);
        while (done.Count < count)
        {
            var before = done.Where(static e => e.Value is not null).Select(e => (e.Parameters, Good(e.Value!.Value))).ToList();
            var batch = Enumerable.Range(done.Count, Math.Min(_options.Parallel, count - done.Count))
                .Select(number => (number, calls.ParametersOf(number) ?? sampler.Suggest(number, before)));
            done.AddRange(await calls.AllAsync([.. batch], 0, _options.MaximumBudget, cancellation).ConfigureAwait(false));
        }

        return [.. done.Select(static e => Of(e, 0, TrialState.Completed))];
    }

    private async Task<IReadOnlyList<Trial>> BracketsAsync(IReadOnlyList<HalvingBracket> brackets, TrialCalls calls, CancellationToken cancellation)
    {
        var sampler = new RandomSampler(_space, _options.Seed);
        var trials = new SortedDictionary<int, Trial>();
        foreach (var bracket in brackets)
        {
            var first = trials.Count;
            List<(int Number, TrialParameters Parameters)> alive = [.. Enumerable.Range(first, bracket.Rungs[0].Trials).Select(n => (n, calls.ParametersOf(n) ?? sampler.Suggest(n, [])))];
            for (var rung = 0; rung < bracket.Rungs.Count && alive.Count > 0; rung++)
            {
                var evaluations = await calls.AllAsync(alive, rung, bracket.Rungs[rung].Budget, cancellation).ConfigureAwait(false);
                var next = rung + 1 < bracket.Rungs.Count ? bracket.Rungs[rung + 1].Trials : 0;
                foreach (var evaluation in evaluations)
                {
                    trials[evaluation.Trial] = Of(evaluation, bracket.Number, next == 0 ? TrialState.Completed : TrialState.Pruned);
                }

                alive = [.. evaluations.Where(static e => e.Value is not null).OrderByDescending(e => Good(e.Value!.Value)).ThenBy(static e => e.Trial).Take(next).Select(static e => (e.Trial, e.Parameters))];
            }
        }

        return [.. trials.Values];
    }

    private double Good(double value) => _options.Goal == TunerGoal.Maximise ? value : -value;

    private static Trial Of(TrialEvaluation e, int bracket, TrialState state) => new(e.Trial, bracket, e.Parameters, e.Value is null ? TrialState.Failed : state, e.Budget, e.Value, e.Reason);

    // What a search is a function of. How many trials a plain search has may change: it then goes on longer.
    private string Definition()
    {
        var counted = _options.Method == TunerMethod.SuccessiveHalving ? _options.Trials : 0;
        return JsonSerializer.Serialize(new { _space.Parameters, Options = _options with { Trials = counted, RetryFailed = false } }, TrainingJson.Options);
    }
}
