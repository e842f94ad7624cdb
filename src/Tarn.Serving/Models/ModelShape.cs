namespace Tarn.Serving;

/// <summary>What is known of a loaded model's dimensions.</summary>
/// <param name="IsBatchable">Whether the first dimension of every input and output is the number of rows.</param>
/// <param name="CanBind">Whether every other dimension is fixed.</param>
internal sealed record ModelShape(bool IsBatchable, bool CanBind)
{
    public static ModelShape None { get; } = new(false, false);
}
