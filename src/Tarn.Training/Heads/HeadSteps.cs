namespace Tarn.Training;

/// <summary>What an epoch is: batches of Adam, or a step of L-BFGS.</summary>
internal abstract class HeadSteps
{
    /// <summary>How many steps were taken.</summary>
    public abstract long Count { get; }

    /// <summary>What must be kept to go on, as arrays as long as the parameters.</summary>
    public abstract IEnumerable<float[]> Memory { get; }

    /// <summary>Does an epoch; says the training loss, and whether there is more to gain.</summary>
    public abstract (double Loss, bool Moves) Epoch(int number, double rate, CancellationToken cancellation);
}

/// <summary>Shuffled batches. An epoch's random numbers depend on the seed and its number alone, so that it can be begun anew.</summary>
internal sealed class AdamSteps : HeadSteps
{
    private readonly HeadSpec _spec;
    private readonly HeadNetwork _network;
    private readonly HeadRows _rows;
    private readonly int _classes;
    private readonly int _threads;
    private readonly AdamOptimizer _adam;
    private readonly float[] _gradient;
    private readonly float[] _input;
    private readonly float[] _targets;
    private readonly int[] _order;

    public AdamSteps(HeadSpec spec, HeadNetwork network, HeadRows rows, int classes, int threads, HeadCheckpoint? resumed)
    {
        (_spec, _network, _rows, _classes, _threads) = (spec, network, rows, classes, threads);
        var length = network.Parameters.Length;
        _gradient = new float[length];
        _adam = resumed is null ? new AdamOptimizer(new float[length], new float[length], 0) : new AdamOptimizer([.. resumed.Arrays[2]], [.. resumed.Arrays[3]], resumed.Header.Steps);
        var batch = Math.Min(spec.BatchSize, rows.Count);
        _input = new float[checked(batch * rows.Columns)];
        _targets = new float[batch * classes];
        _order = new int[rows.Count];
    }

    public override long Count => _adam.Steps;

    public override IEnumerable<float[]> Memory => [_adam.Mean, _adam.Square];

    public override (double Loss, bool Moves) Epoch(int number, double rate, CancellationToken cancellation)
    {
        var random = new SeededRandom(_spec.Seed, number);
        for (var i = 0; i < _order.Length; i++)
        {
            _order[i] = i;
        }

        random.Shuffle(_order.AsSpan());
        var sum = 0.0;
        for (var first = 0; first < _order.Length; first += _spec.BatchSize)
        {
            cancellation.ThrowIfCancellationRequested();
            var batch = _order.AsSpan(first, Math.Min(_spec.BatchSize, _order.Length - first));
            Gather(batch, random);
            var loss = _network.Loss(
                new ArraySegment<float>(_input, 0, batch.Length * _rows.Columns), new ArraySegment<float>(_targets, 0, batch.Length * _classes), batch.Length, _gradient, _spec.Dropout, random);
            _adam.Step(_network, _gradient, rate, _spec.WeightDecay, _threads);
            sum += loss * batch.Length;
        }

        return (sum / _order.Length, true);
    }

    private void Gather(Span<int> batch, SeededRandom random)
    {
        if (_spec.Mixup == 0)
        {
            _rows.Gather(batch, _input, _targets);
            return;
        }

        var partners = batch.ToArray();
        random.Shuffle(partners.AsSpan());
        _rows.GatherMixed(batch, partners, (float)random.NextBeta(_spec.Mixup), _input, _targets);
    }
}

/// <summary>Steps of L-BFGS over all rows; the loss holds ½ × decay × Σ weight².</summary>
internal sealed class LbfgsSteps : HeadSteps
{
    private readonly HeadSpec _spec;
    private readonly HeadNetwork _network;
    private readonly HeadRows _rows;
    private readonly LbfgsOptimizer _optimizer;

    public LbfgsSteps(HeadSpec spec, HeadNetwork network, HeadRows rows, HeadCheckpoint? resumed)
    {
        (_spec, _network, _rows) = (spec, network, rows);
        var steps = new List<(float[], float[])>();
        for (var i = 2; resumed is not null && i + 1 < resumed.Arrays.Count; i += 2)
        {
            steps.Add(([.. resumed.Arrays[i]], [.. resumed.Arrays[i + 1]]));
        }

        _optimizer = new LbfgsOptimizer(Loss, [.. network.Parameters], steps);
    }

    public override long Count => _optimizer.Steps.Count;

    public override IEnumerable<float[]> Memory => _optimizer.Steps.SelectMany(static s => new[] { s.Point, s.Gradient });

    public override (double Loss, bool Moves) Epoch(int number, double rate, CancellationToken cancellation)
    {
        var moves = _optimizer.Step(_spec.GradientTolerance);
        _optimizer.Point.CopyTo(_network.Parameters, 0);
        return (_optimizer.Loss, moves);
    }

    private double Loss(float[] point, float[] gradient)
    {
        point.CopyTo(_network.Parameters, 0);
        var loss = _rows.Loss(_network, gradient).Loss;
        for (var l = 0; l < _network.Layers; l++)
        {
            ReadOnlySpan<float> weights = point.AsSpan()[_network.WeightsOf(l)];
            var slopes = gradient.AsSpan()[_network.WeightsOf(l)];
            System.Numerics.Tensors.TensorPrimitives.MultiplyAdd(weights, (float)_spec.WeightDecay, slopes, slopes);
            loss += 0.5 * _spec.WeightDecay * LbfgsOptimizer.Dot(weights, weights);
        }

        return loss;
    }
}
