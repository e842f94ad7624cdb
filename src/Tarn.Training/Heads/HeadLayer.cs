using System.Text.Json.Serialization;

namespace Tarn.Training;

/// <summary>What a layer does with its sums.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<HeadActivation>))]
public enum HeadActivation
{
    /// <summary>max(0, x).</summary>
    Relu,

    /// <summary>exp(x − max) ÷ Σ exp(x − max) over the row: the last layer, whose sums are the logits.</summary>
    Softmax,
}

/// <summary>A dense layer: activation(x · W + b).</summary>
/// <param name="Inputs">Values that go in.</param>
/// <param name="Outputs">Values that come out.</param>
/// <param name="Weights">Inputs × outputs weights, row by row.</param>
/// <param name="Bias">A value for each output.</param>
/// <param name="Activation">What is done with the sums.</param>
public sealed record HeadLayer(int Inputs, int Outputs, float[] Weights, float[] Bias, HeadActivation Activation);
