using Tarn.Contracts;
using Xunit;

namespace Tarn.Native.Tests;

/// <summary>Models that others made, where they are on this machine.</summary>
public sealed class OnnxRealModelTests
{
    [Fact]
    public void MobileNet_gives_the_same_from_many_threads_at_once()
    {
        using var session = OnnxSession.FromFile(SharedData.Require("models/mobilenetv2-12-int8.onnx"));
        Assert.Equal([-1, 3, 224, 224], session.Inputs[0].Shape);
        Assert.Equal([-1, 1000], session.Outputs[0].Shape);
        var pixels = Pixels(3 * 224 * 224);
        var expected = Run(session, pixels);
        Parallel.For(0, 16, new ParallelOptions { MaxDegreeOfParallelism = 4 }, _ => Assert.Equal(expected, Run(session, pixels)));
    }

    [Fact]
    public void SqueezeNet_of_an_old_opset_gives_probabilities()
    {
        using var session = OnnxSession.FromFile(SharedData.Require("models/squeezenet_fp32.onnx"), new OnnxSessionOptions { IntraOpThreads = 1 });
        using var image = OnnxValue.FromMemory<float>(Pixels(3 * 224 * 224), 1, 3, 224, 224);
        using var outputs = session.Run(new Dictionary<string, OnnxValue> { ["data_0"] = image });
        Assert.Equal([1, 1000, 1, 1], outputs[0].Shape);
        Assert.Equal(1, outputs[0].ToArray<float>().Sum(), 0.001);
    }

    private static float[] Run(OnnxSession session, float[] pixels)
    {
        using var image = OnnxValue.FromMemory<float>(pixels, 1, 3, 224, 224);
        using var outputs = session.Run(new Dictionary<string, OnnxValue> { [session.Inputs[0].Name] = image });
        return outputs[0].ToArray<float>();
    }

    private static float[] Pixels(int count) => [.. Enumerable.Range(0, count).Select(static i => MathF.Sin(i * 0.37f))];
}
