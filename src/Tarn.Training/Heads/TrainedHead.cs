using System.Numerics.Tensors;
using Tarn.Core;

namespace Tarn.Training;

/// <summary>
/// A head that was trained: from features to a probability for each class. It computes softmax(z ÷ <see cref="Temperature"/>), where z are the logits of its layers over
/// (features − <see cref="InputMean"/>) ÷ <see cref="InputScale"/>. A row's result does not depend on the rows beside it. Immutable; safe for use from several threads.
/// </summary>
public sealed class TrainedHead
{
    /// <summary>Puts a head together.</summary>
    /// <param name="layers">The layers, each taking what the one before gives; the last with softmax, the others with ReLU.</param>
    /// <param name="classes">A name for each output of the last layer.</param>
    /// <param name="inputMean">What is subtracted from each feature, or null for nothing.</param>
    /// <param name="inputScale">What each feature is then divided by, never 0, or null for 1.</param>
    /// <param name="temperature">What logits are divided by, over 0; default 1.</param>
    /// <exception cref="TarnException">The parts do not fit together.</exception>
    public TrainedHead(IReadOnlyList<HeadLayer> layers, IReadOnlyList<string> classes, float[]? inputMean = null, float[]? inputScale = null, float temperature = 1)
    {
        var fits = layers.Count > 0 && layers[^1].Outputs == classes.Count && temperature > 0 && float.IsFinite(temperature)
            && (inputMean is null || inputMean.Length == layers[0].Inputs) && (inputScale is null || inputScale.Length == layers[0].Inputs);
        for (var i = 0; fits && i < layers.Count; i++)
        {
            var layer = layers[i];
            fits = layer.Weights.Length == (long)layer.Inputs * layer.Outputs && layer.Bias.Length == layer.Outputs
                && layer.Activation == (i == layers.Count - 1 ? HeadActivation.Softmax : HeadActivation.Relu) && (i == 0 || layer.Inputs == layers[i - 1].Outputs);
        }

        if (!fits)
        {
            throw TarnException.InvalidInput(
                "A head's layers fit together, end in softmax with an output for each class, and its temperature is over 0.",
                $"{string.Join(" → ", layers.Select(static l => $"{l.Inputs}×{l.Outputs} {l.Activation}"))}, {classes.Count} classes, temperature {temperature}");
        }

        (Layers, Classes, InputMean, InputScale, Temperature) = (layers, classes, inputMean, inputScale, temperature);
    }

    /// <summary>The layers, first to last.</summary>
    public IReadOnlyList<HeadLayer> Layers { get; }

    /// <summary>The classes' names, in the order of the probabilities.</summary>
    public IReadOnlyList<string> Classes { get; }

    /// <summary>What is subtracted from each feature, or null.</summary>
    public float[]? InputMean { get; }

    /// <summary>What each feature is then divided by, or null.</summary>
    public float[]? InputScale { get; }

    /// <summary>What logits are divided by; 1 where the head was not calibrated.</summary>
    public float Temperature { get; }

    /// <summary>How many features go in.</summary>
    public int Inputs => Layers[0].Inputs;

    /// <summary>The same head with another temperature.</summary>
    public TrainedHead WithTemperature(float temperature) => new(Layers, Classes, InputMean, InputScale, temperature);

    /// <summary>The probability of each class for each row; each row's sum is 1 to rounding.</summary>
    /// <exception cref="TarnException">There are not as many columns as features, or a value is NaN or infinite (the message names its row and column).</exception>
    public FloatMatrix Predict(FloatMatrix features) => Predict(features, Environment.ProcessorCount);

    /// <summary>What the last layer says before softmax and temperature, for each row and class.</summary>
    /// <exception cref="TarnException">As in <see cref="Predict(FloatMatrix)"/>.</exception>
    public FloatMatrix Logits(FloatMatrix features) => Logits(features, Environment.ProcessorCount);

    internal FloatMatrix Predict(FloatMatrix features, int threads)
    {
        var result = Logits(features, threads);
        for (var r = 0; r < result.Rows; r++)
        {
            var row = result.Row(r);
            TensorPrimitives.Divide(row, Temperature, row);
            HeadNetwork.Softmax(row);
        }

        return result;
    }

    internal FloatMatrix Logits(FloatMatrix features, int threads)
    {
        if (features.Columns != Inputs)
        {
            throw TarnException.InvalidInput($"This head takes rows of {Inputs} features.", $"{features.Columns} columns", "Compute them with the backbone that the head was trained on.");
        }

        features.CheckFinite("feature");
        if (features.Rows == 0)
        {
            return new FloatMatrix(0, Classes.Count);
        }

        var values = InputStandardisation.Apply(features, InputMean, InputScale);
        foreach (var layer in Layers)
        {
            var next = new FloatMatrix(features.Rows, layer.Outputs);
            MatrixProduct.Multiply(values.Data, false, layer.Weights, false, next.Data, features.Rows, layer.Inputs, layer.Outputs, threads);
            HeadNetwork.Activate(next.Data, layer.Bias, features.Rows, layer.Activation == HeadActivation.Relu);
            values = next;
        }

        return values;
    }
}
