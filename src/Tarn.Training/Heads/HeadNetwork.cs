using System.Numerics.Tensors;

namespace Tarn.Training;

/// <summary>A head in training: its parameters in one array, its loss and the loss' gradient on a batch.</summary>
/// <remarks>
/// A row's target holds a weight for each class; its sum is the row's weight, so that class weights, label smoothing and mixup are all targets. The loss of a batch is
/// −Σ target · ln p ÷ rows.
/// </remarks>
internal sealed class HeadNetwork
{
    private readonly int[] _sizes;
    private readonly int[] _offsets;
    private readonly int _threads;
    private float[][] _values = [];
    private float[][] _slopes = [];
    private int _capacity;

    public HeadNetwork(int inputs, IReadOnlyList<int> hidden, int classes, int threads)
    {
        _sizes = [inputs, .. hidden, classes];
        _offsets = new int[_sizes.Length];
        for (var l = 0; l < Layers; l++)
        {
            _offsets[l + 1] = checked(_offsets[l] + ((_sizes[l] + 1) * _sizes[l + 1]));
        }

        _threads = threads;
        Parameters = new float[_offsets[^1]];
    }

    /// <summary>How many layers.</summary>
    public int Layers => _sizes.Length - 1;

    /// <summary>For each layer in turn: weights, inputs × outputs row by row, then biases.</summary>
    public float[] Parameters { get; }

    /// <summary>Of how many rows of the last batch the greatest logit and the greatest target were of one class.</summary>
    public int Correct { get; private set; }

    private int Classes => _sizes[^1];

    /// <summary>Where a layer's weights are.</summary>
    public Range WeightsOf(int layer) => _offsets[layer]..(_offsets[layer] + (_sizes[layer] * _sizes[layer + 1]));

    /// <summary>First weights for ReLU (He et al., 2015): normal, variance 2 ÷ inputs. The last layer's are 0, so that the first prediction is even; biases are 0.</summary>
    public void Initialise(SeededRandom random)
    {
        for (var l = 0; l < Layers - 1; l++)
        {
            var deviation = Math.Sqrt(2.0 / _sizes[l]);
            foreach (ref var weight in Parameters.AsSpan()[WeightsOf(l)])
            {
                weight = (float)(random.NextNormal() * deviation);
            }
        }
    }

    /// <summary>The loss of a batch; with a gradient, also that: the loss' derivative by each parameter. Weight decay is not in it.</summary>
    /// <param name="input">Rows × inputs values.</param>
    /// <param name="targets">Rows × classes weights.</param>
    /// <param name="rows">Rows of the batch.</param>
    /// <param name="gradient">Overwritten; null where only the loss is wanted.</param>
    /// <param name="dropout">The share dropped.</param>
    /// <param name="random">Where dropout is drawn from; not used without dropout.</param>
    public double Loss(ArraySegment<float> input, ArraySegment<float> targets, int rows, float[]? gradient, double dropout = 0, SeededRandom? random = null)
    {
        Reserve(rows);
        for (var l = 0; l < Layers; l++)
        {
            var last = l == Layers - 1;
            MatrixProduct.Multiply(l == 0 ? input : _values[l - 1], false, Weights(Parameters, l), false, _values[l], rows, _sizes[l], _sizes[l + 1], _threads);
            Activate(_values[l].AsSpan(0, rows * _sizes[l + 1]), Bias(Parameters, l), rows, relu: !last);
            if (!last && dropout > 0)
            {
                Drop(_values[l].AsSpan(0, rows * _sizes[l + 1]), (float)dropout, random!);
            }
        }

        var loss = LossOfLogits(_values[^1], targets, rows);
        if (gradient is not null)
        {
            Backward(input, rows, gradient, dropout > 0 ? (float)(1 / (1 - dropout)) : 1);
        }

        return loss;
    }

    /// <summary>The layers as they are now, copied.</summary>
    public IReadOnlyList<HeadLayer> ToLayers(float[] parameters) =>
    [
        .. Enumerable.Range(0, Layers).Select(l => new HeadLayer(
            _sizes[l], _sizes[l + 1], [.. Weights(parameters, l)], [.. Bias(parameters, l)], l == Layers - 1 ? HeadActivation.Softmax : HeadActivation.Relu)),
    ];

    /// <summary>Adds the bias to each row, and keeps what is over 0 where <paramref name="relu"/>.</summary>
    public static void Activate(Span<float> values, ReadOnlySpan<float> bias, int rows, bool relu)
    {
        for (var r = 0; r < rows; r++)
        {
            var row = values.Slice(r * bias.Length, bias.Length);
            TensorPrimitives.Add(row, bias, row);
            if (relu)
            {
                TensorPrimitives.Max(row, 0f, row);
            }
        }
    }

    /// <summary>A row's softmax, in place.</summary>
    public static void Softmax(Span<float> row)
    {
        var greatest = row[0];
        foreach (var value in row)
        {
            greatest = MathF.Max(greatest, value);
        }

        var sum = 0.0;
        foreach (ref var value in row)
        {
            value = MathF.Exp(value - greatest);
            sum += value;
        }

        foreach (ref var value in row)
        {
            value = (float)(value / sum);
        }
    }

    private static void Drop(Span<float> values, float share, SeededRandom random)
    {
        var scale = 1 / (1 - share);
        foreach (ref var value in values)
        {
            value = random.NextSingle() < share ? 0 : value * scale;
        }
    }

    /// <summary>The loss; the logits become the loss' derivative by them.</summary>
    private double LossOfLogits(float[] logits, ArraySegment<float> targets, int rows)
    {
        var loss = 0.0;
        Correct = 0;
        for (var r = 0; r < rows; r++)
        {
            var row = logits.AsSpan(r * Classes, Classes);
            var target = targets.AsSpan(r * Classes, Classes);
            var first = TensorPrimitives.IndexOfMax<float>(row);
            Correct += first == TensorPrimitives.IndexOfMax<float>(target) ? 1 : 0;
            double greatest = row[first], sum = 0, weight = 0;

            foreach (var value in row)
            {
                sum += Math.Exp(value - greatest);
            }

            var log = greatest + Math.Log(sum);
            for (var c = 0; c < row.Length; c++)
            {
                loss += target[c] * (log - row[c]);
                weight += target[c];
            }

            for (var c = 0; c < row.Length; c++)
            {
                row[c] = (float)(((weight * Math.Exp(row[c] - log)) - target[c]) / rows);
            }
        }

        return loss / rows;
    }

    private void Backward(ArraySegment<float> input, int rows, float[] gradient, float scale)
    {
        var slopes = _values[^1];
        for (var l = Layers - 1; l >= 0; l--)
        {
            var (inputs, outputs) = (_sizes[l], _sizes[l + 1]);
            MatrixProduct.Multiply(l == 0 ? input : _values[l - 1], true, slopes, false, Weights(gradient, l), inputs, rows, outputs, _threads);
            var bias = Bias(gradient, l).AsSpan();
            bias.Clear();
            for (var r = 0; r < rows; r++)
            {
                TensorPrimitives.Add(bias, slopes.AsSpan(r * outputs, outputs), bias);
            }

            if (l > 0)
            {
                var below = _slopes[l - 1];
                MatrixProduct.Multiply(slopes, false, Weights(Parameters, l), true, below, rows, outputs, inputs, _threads);
                Gate(below.AsSpan(0, rows * inputs), _values[l - 1], scale);
                slopes = below;
            }
        }
    }

    // An output over 0 was neither cut by ReLU nor dropped.
    private static void Gate(Span<float> slopes, ReadOnlySpan<float> values, float scale)
    {
        values = values[..slopes.Length];
        for (var i = 0; i < slopes.Length; i++)
        {
            slopes[i] = values[i] > 0 ? slopes[i] * scale : 0;
        }
    }

    private ArraySegment<float> Weights(float[] of, int layer) => new(of, _offsets[layer], _sizes[layer] * _sizes[layer + 1]);

    private ArraySegment<float> Bias(float[] of, int layer) => new(of, _offsets[layer + 1] - _sizes[layer + 1], _sizes[layer + 1]);

    private void Reserve(int rows)
    {
        if (rows > _capacity)
        {
            _capacity = rows;
            _values = [.. _sizes.Skip(1).Select(size => new float[checked(rows * size)])];
            _slopes = [.. _sizes.Skip(1).SkipLast(1).Select(size => new float[checked(rows * size)])];
        }
    }
}
