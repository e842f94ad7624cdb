using System.Globalization;
using System.Text.Json;
using Tarn.Core;

namespace Tarn.Training;

/// <summary>One training: epochs until one of the reasons to stop.</summary>
internal sealed class HeadSession
{
    private readonly HeadSpec _spec;
    private readonly HeadData _train;
    private readonly HeadFitOptions _options;
    private readonly Lazy<string> _fingerprint;
    private readonly HeadNetwork _network;
    private readonly HeadRows _rows;
    private readonly HeadRows? _validation;
    private readonly HeadSteps _steps;
    private readonly float[]? _mean;
    private readonly float[]? _scale;
    private readonly List<HeadEpoch> _history = [];
    private float[] _best;
    private double _bestLoss = double.PositiveInfinity;
    private int _bestEpoch;
    private int _sinceBest;
    private int _sinceLowered;
    private double _rate;

    public HeadSession(HeadSpec spec, HeadData train, HeadData? validation, HeadFitOptions options, Lazy<string> fingerprint)
    {
        (_spec, _train, _options, _fingerprint, _rate) = (spec, train, options, fingerprint, spec.LearningRate);
        if (spec.Standardise)
        {
            (_mean, _scale) = InputStandardisation.Measure(train.Features);
        }

        var classes = train.Classes.Count;
        var weights = HeadTargets.ClassWeights(spec, train);
        _network = new HeadNetwork(train.Features.Columns, spec.HiddenSizes, classes, options.Threads);
        _rows = new HeadRows(InputStandardisation.Apply(train.Features, _mean, _scale), HeadTargets.Of(train, weights, spec.LabelSmoothing), classes);
        _validation = validation is null ? null : new HeadRows(InputStandardisation.Apply(validation.Features, _mean, _scale), HeadTargets.Of(validation, weights, 0), classes);
        _network.Initialise(new SeededRandom(spec.Seed, 0));
        _best = [.. _network.Parameters];
        var resumed = options.ResumeFrom;
        if (resumed is not null)
        {
            Restore(resumed);
        }

        _steps = spec.Optimizer == HeadOptimizer.Adam ? new AdamSteps(spec, _network, _rows, classes, options.Threads, resumed) : new LbfgsSteps(spec, _network, _rows, resumed);
    }

    public HeadFit Run(CancellationToken cancellation)
    {
        HeadStop? stop = null;
        while (stop is null)
        {
            cancellation.ThrowIfCancellationRequested();
            stop = Due() ?? Epoch(cancellation);
        }

        // Without an improvement ever (no epoch was better than infinity) the loss was not finite, which Epoch reports.
        var warnings = _train.CountClasses().Select((count, c) => (count, c)).Where(static x => x.count == 1)
            .Select(x => $"Class {_train.Classes[x.c]} has a single training row: what the head says of it is hardly more than that row.").ToList();
        return new HeadFit(new TrainedHead(_network.ToLayers(_best), _train.Classes, _mean, _scale), [.. _history], _bestEpoch, stop.Value, warnings);
    }

    private HeadStop? Due()
    {
        var watches = _spec.EarlyStoppingPatience > 0 && (_validation is not null || _spec.Optimizer == HeadOptimizer.Adam);
        return _history.Count >= _spec.Epochs ? HeadStop.Epochs : watches && _sinceBest >= _spec.EarlyStoppingPatience ? HeadStop.EarlyStopping : null;
    }

    private HeadStop? Epoch(CancellationToken cancellation)
    {
        var number = _history.Count + 1;
        var rate = _spec.Optimizer == HeadOptimizer.Adam ? _rate : 0;
        var (trainLoss, moves) = _steps.Epoch(number, _rate, cancellation);
        double? loss = null, accuracy = null;
        if (_validation is not null)
        {
            var (value, correct) = _validation.Loss(_network, null);
            (loss, accuracy) = (value, (double)correct / _validation.Count);
        }

        var judged = loss ?? trainLoss;
        if (!double.IsFinite(judged) || !double.IsFinite(trainLoss))
        {
            throw TarnException.InvalidInput(
                "A training's loss stays finite.", string.Create(CultureInfo.InvariantCulture, $"epoch {number}: {judged}, learning rate {_rate}"), "Lower LearningRate, or standardise the features.");
        }

        var epoch = new HeadEpoch(number, trainLoss, loss, accuracy, rate);
        _history.Add(epoch);
        Judge(number, judged);
        var goesOn = _options.OnEpoch?.Invoke(new HeadProgress(epoch, Checkpoint)) ?? true;
        return !moves ? HeadStop.Converged : goesOn ? null : HeadStop.Asked;
    }

    private void Judge(int number, double loss)
    {
        // The best head is the one of the lowest loss; patience asks for more than rounding.
        var better = loss < _bestLoss - _spec.MinimumImprovement;
        if (loss < _bestLoss)
        {
            (_bestLoss, _bestEpoch) = (loss, number);
            _network.Parameters.CopyTo(_best, 0);
        }

        _sinceBest = better ? 0 : _sinceBest + 1;
        _sinceLowered = better ? 0 : _sinceLowered + 1;
        if (_spec.PlateauPatience > 0 && _sinceLowered >= _spec.PlateauPatience)
        {
            _rate = Math.Max(Math.Min(_spec.MinimumLearningRate, _rate), _rate * _spec.PlateauFactor);
            _sinceLowered = 0;
        }
    }

    private HeadCheckpoint Checkpoint() => new(
        new HeadCheckpointHeader(JsonSerializer.Serialize(_spec), _fingerprint.Value, [.. _history], _bestEpoch, _bestLoss, _sinceBest, _sinceLowered, _rate, _steps.Count),
        [[.. _network.Parameters], [.. _best], .. _steps.Memory.Select(static m => m.ToArray())]);

    private void Restore(HeadCheckpoint from)
    {
        if (from.Arrays.Count < 2 || from.Arrays.Any(a => a.Length != _network.Parameters.Length))
        {
            throw TarnException.Corrupt("A checkpoint's arrays are as long as the head's parameters.", $"epoch {from.Epoch}", "Begin anew.");
        }

        from.Arrays[0].CopyTo(_network.Parameters, 0);
        _best = [.. from.Arrays[1]];
        _history.AddRange(from.Header.History);
        (_bestLoss, _bestEpoch, _sinceBest, _sinceLowered, _rate) = (from.Header.BestLoss, from.Header.BestEpoch, from.Header.SinceBest, from.Header.SinceLowered, from.Header.Rate);
    }
}
