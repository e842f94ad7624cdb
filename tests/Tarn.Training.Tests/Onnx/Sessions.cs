using Tarn.Native;

namespace Tarn.Training.Tests;

/// <summary>Runs a model once.</summary>
internal static class Sessions
{
    public static float[] Run(OnnxModel model, float[] input, params long[] shape) => Run(model.ToBytes(), input, shape);

    public static float[] Run(ReadOnlyMemory<byte> model, float[] input, params long[] shape)
    {
        using var session = OnnxSession.FromBytes(model.Span, new OnnxSessionOptions { IntraOpThreads = 1 });
        using var value = OnnxValue.FromMemory<float>(input, shape);
        using var outputs = session.Run(new Dictionary<string, OnnxValue> { [session.Inputs[0].Name] = value });
        return outputs[0].ToArray<float>();
    }

    public static float[] RunImage(ReadOnlyMemory<byte> model, byte[] pixels, int width, int height) => RunLabelled(model, pixels, width, height).Values;

    public static (float[] Values, string? Label) RunLabelled(ReadOnlyMemory<byte> model, byte[] pixels, int width, int height)
    {
        using var session = OnnxSession.FromBytes(model.Span, new OnnxSessionOptions { IntraOpThreads = 1 });
        using var value = OnnxValue.FromMemory<byte>(pixels, height, width, 3);
        using var outputs = session.Run(new Dictionary<string, OnnxValue> { [session.Inputs[0].Name] = value });
        return (outputs[0].ToArray<float>(), outputs.Count > 1 ? outputs[1].GetStrings()[0] : null);
    }
}
