using Tarn.Contracts;
using Xunit;

namespace Tarn.Native.Tests;

/// <summary>What a session says of the memory that it holds.</summary>
public sealed class OnnxMemoryTests
{
    [Fact]
    public void A_session_says_what_its_weights_and_its_largest_run_take_and_gives_the_latter_back()
    {
        const int Width = 256;
        using var session = OnnxSession.FromBytes(
            new OnnxModelBytes()
                .Input("x", OnnxElementType.Float, "n", Width)
                .Output("y", OnnxElementType.Float, "n", Width)
                .Initializer("w", [.. Enumerable.Repeat(0.5f, Width * Width)], Width, Width)
                .Node("MatMul", ["x", "w"], ["a"])
                .Node("Sigmoid", ["a"], ["b"])
                .Node("MatMul", ["b", "w"], ["y"])
                .ToArray(),
            new OnnxSessionOptions { IntraOpThreads = 1 });
        var loaded = session.Memory()!.Value;
        Run(session, 1);
        var one = session.Memory()!.Value;
        Run(session, 10_000);
        var many = session.Memory()!.Value;
        Assert.InRange(loaded.Held, Width * Width * sizeof(float), 8L << 20);
        Assert.InRange(one.Held, loaded.Held, loaded.Held + (8L << 20));

        // Two of the three tensors of 10,000 rows are the session's own, one of them at least at any time.
        Assert.InRange(many.Held, 10_000L * Width * sizeof(float), 8 * 10_000L * Width * sizeof(float));
        Assert.InRange(many.MostInUse, 10_000L * Width * sizeof(float), many.Held);
        using var shrink = new OnnxRunOptions();
        shrink.Set("memory.enable_memory_arena_shrinkage", "cpu:0");
        Run(session, 1, shrink);
        Assert.InRange(session.Memory()!.Value.Held, loaded.InUse, one.Held);
    }

    [Fact]
    public void A_session_without_an_arena_says_nothing()
    {
        using var session = OnnxSession.FromFile(SharedData.Require("models/squeezenet_fp32.onnx"), new OnnxSessionOptions { UseArena = false });
        Assert.Null(session.Memory());
    }

    private static void Run(OnnxSession session, int rows, OnnxRunOptions? options = null)
    {
        using var input = OnnxValue.Allocate(OnnxElementType.Float, rows, session.Inputs[0].Shape[1]);
        input.AsBytes().Clear();
        var outputs = new OnnxValue?[1];
        session.Run([input], outputs, options);
        outputs[0]!.Dispose();
    }
}
