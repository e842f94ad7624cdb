using Tarn.Core;

namespace Tarn.Serving;

/// <summary>What is known of a loaded model's inputs, outputs and dimensions.</summary>
/// <param name="Inputs">Its inputs.</param>
/// <param name="Outputs">Its outputs.</param>
/// <param name="IsBatchable">Whether the first dimension of every input and output is the number of rows.</param>
/// <param name="CanBind">Whether every other dimension is fixed.</param>
/// <param name="Error">Why it could not run on zeros; null where it could, or was not tried.</param>
internal sealed record ModelShape(TensorPort[] Inputs, TensorPort[] Outputs, bool IsBatchable, bool CanBind, TarnException? Error)
{
    /// <summary>Bytes of the outputs of one row.</summary>
    public long OutputRowBytes { get; } = BytesOf(Outputs);

    /// <summary>Bytes of the inputs and outputs of one row.</summary>
    public long RowBytes { get; } = BytesOf(Inputs) + BytesOf(Outputs);

    private static long BytesOf(TensorPort[] ports) => ports.Sum(static p => p.RowBytes * Math.Max(1, p.Shape.Length > 0 ? p.Shape[0] : 1));
}
