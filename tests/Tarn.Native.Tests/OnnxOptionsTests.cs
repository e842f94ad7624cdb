using Tarn.Core;
using Xunit;

namespace Tarn.Native.Tests;

public sealed class OnnxOptionsTests
{
    private static readonly float[] Identity = [.. Enumerable.Range(0, 256 * 256).Select(static i => i % 257 == 0 ? 1f : 0f)];

    [Fact]
    public void Every_option_gives_a_session_that_runs()
    {
        var model = Chain(3);
        var folder = Directory.CreateTempSubdirectory("tarn-test-").FullName;
        try
        {
            var saved = Path.Combine(folder, "optimized.onnx");
            foreach (var options in new OnnxSessionOptions[]
            {
                new(), new() { IntraOpThreads = 2 }, new() { IntraOpThreads = 2, RunOperatorsInParallel = true }, new() { RunOperatorsInParallel = true },
                new() { Optimization = OnnxOptimization.None }, new() { Optimization = OnnxOptimization.Basic }, new() { UseArena = false }, new() { UseSharedArena = true },
                new() { UseSharedArena = true, UseArena = false }, new() { UseMemoryPattern = false }, new() { Dimensions = new Dictionary<string, long> { ["n"] = 2 } },
                new() { Entries = new Dictionary<string, string> { ["session.set_denormal_as_zero"] = "1" } }, new() { SaveOptimizedTo = saved },
            })
            {
                using var session = OnnxSession.FromBytes(model, options);
                Assert.Equal(options.Dimensions.Count > 0 ? 2 : -1, session.Inputs[0].Shape[0]);
                Assert.Equal(Enumerable.Range(0, 512).Select(static i => (float)i), Run(session));
            }

            using var again = OnnxSession.FromFile(saved);
            Assert.Equal(Enumerable.Range(0, 512).Select(static i => (float)i), Run(again));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void What_is_no_option_is_refused()
    {
        Assert.Contains("IntraOpThreads is 1 to 1024", Assert.Throws<TarnException>(() => OnnxSession.FromBytes(Chain(1), new OnnxSessionOptions { IntraOpThreads = 0 })).Message, StringComparison.Ordinal);
        Assert.Contains(" = 1", Assert.Throws<TarnException>(() => OnnxSession.FromBytes(Chain(1), new OnnxSessionOptions { Entries = new Dictionary<string, string> { [""] = "1" } })).Message, StringComparison.Ordinal);
        Assert.Throws<TarnException>(() => OnnxRuntime.Start(new OnnxRuntimeOptions { IntraOpThreads = -1 }));
        using var session = OnnxSession.FromBytes(Chain(1));
        Assert.True(OnnxRuntime.IsStarted);
        Assert.StartsWith("1.", OnnxRuntime.Version, StringComparison.Ordinal);
        var error = Assert.Throws<TarnException>(() => OnnxRuntime.Start(new OnnxRuntimeOptions { InterOpThreads = 7 }));
        Assert.Equal(ErrorKind.Conflict, error.Kind);
        OnnxRuntime.Start(new OnnxRuntimeOptions());
    }

    [Fact]
    public void A_run_that_is_told_to_stop_stops()
    {
        using var session = OnnxSession.FromBytes(Chain(3));
        using var options = new OnnxRunOptions("a tag");
        Assert.Equal("a tag", options.Tag);
        options.Set("memory.enable_memory_arena_shrinkage", "cpu:0");
        options.Terminate();
        Assert.Throws<OperationCanceledException>(() => Run(session, options));
        options.Reset();
        Assert.Equal(511, Run(session, options)[^1]);
        options.Dispose();
        Assert.Throws<ObjectDisposedException>(options.Terminate);
        Assert.Throws<ObjectDisposedException>(() => Run(session, options));
    }

    [Fact]
    public void A_run_under_way_is_stopped_by_its_token()
    {
        // Seconds of work, if nobody stopped it; on a thread of its own and stopped from this one, so that nothing waits for the pool's meanwhile.
        using var session = OnnxSession.FromBytes(Chain(3000), new OnnxSessionOptions { Optimization = OnnxOptimization.None, IntraOpThreads = 1 });
        using var stop = new CancellationTokenSource();
        using var begun = new ManualResetEventSlim();
        var data = new float[256 * 256];
        using var x = OnnxValue.FromMemory<float>(data, 256, 256);
        Exception? error = null;
        var run = new Thread(() =>
        {
            begun.Set();

            // Again, where this one ran to its end before the other thread had its turn.
            while (error is null)
            {
                error = Record.Exception(() => session.Run(new Dictionary<string, OnnxValue> { ["x"] = x }, stop.Token).Dispose());
            }
        });
        run.Start();
        begun.Wait(TestContext.Current.CancellationToken);
        stop.Cancel();
        run.Join();
        Assert.Equal(stop.Token, Assert.IsType<OperationCanceledException>(error).CancellationToken);
    }

    [Fact]
    public void Sessions_share_weights_which_live_as_long_as_the_last_of_them()
    {
        var weights = new OnnxSharedWeights();
        var doubled = Identity.Select(static v => v * 2).ToArray();
        weights.Add("w", OnnxValue.FromMemory<float>(doubled, 256, 256));
        Assert.Throws<TarnException>(() => weights.Add("w", OnnxValue.FromMemory<float>(new float[1], 1)));
        var options = new OnnxSessionOptions { SharedWeights = weights };
        var one = OnnxSession.FromBytes(Chain(1), options);
        var two = OnnxSession.FromBytes(Chain(1), options);
        Assert.Equal(["w"], weights.Names);
        weights.Dispose();
        one.Dispose();
        GC.Collect();
        Assert.Equal(2 * 511, Run(two)[^1]);
        two.Dispose();
        two.Dispose();
        Assert.Throws<ObjectDisposedException>(() => OnnxSession.FromBytes(Chain(1), options));
        Assert.Throws<ObjectDisposedException>(() => Run(two));
    }

    [Fact]
    public void Sequences_and_maps_are_read_by_their_members()
    {
        using var session = OnnxSession.FromBytes(new OnnxModelBytes().Opset(15).Input("x", OnnxElementType.Float, 1, 2).Input("y", OnnxElementType.Float, 1, 2)
            .Node("SequenceConstruct", ["x", "y"], ["s"]).ZipMap("x", "m", 30, 10).SequenceOutput("s", ofMaps: false).SequenceOutput("m", ofMaps: true).ToArray());
        Assert.Equal("s: Sequence", session.Outputs[0].ToString());
        using var x = OnnxValue.FromMemory<float>(new float[] { 1, 2 }, 1, 2);
        using var y = OnnxValue.FromMemory<float>(new float[] { 3, 4 }, 1, 2);
        using var outputs = session.Run(new Dictionary<string, OnnxValue> { ["x"] = x, ["y"] = y });
        var tensors = outputs["s"].GetMembers();
        Assert.Equal([1, 2, 3, 4], tensors.SelectMany(static t => t.ToArray<float>()));
        var map = Assert.Single(outputs["m"].GetMembers());
        Assert.Equal(OnnxValueKind.Map, map.Kind);
        var parts = map.GetMembers();
        Assert.Equal([(10, 2), (30, 1)], parts[0].ToArray<long>().Zip(parts[1].ToArray<float>()).Order());
        Assert.Throws<TarnException>(() => x.GetMembers());
        Assert.Throws<TarnException>(() => map.ToArray<float>());
        foreach (var value in tensors.Concat(parts).Append(map))
        {
            value.Dispose();
        }
    }

    [Fact]
    public void What_is_forgotten_is_freed_by_the_garbage_collector()
    {
        for (var i = 0; i < 30; i++)
        {
            Forget();
        }

        GC.Collect();
        GC.WaitForPendingFinalizers();
        using var session = OnnxSession.FromBytes(Chain(1));
        Assert.Equal(511, Run(session)[^1]);

        static void Forget()
        {
            var weights = new OnnxSharedWeights();
            weights.Add("w", OnnxValue.FromMemory<float>((float[])Identity.Clone(), 256, 256));
            var session = OnnxSession.FromBytes(Chain(1), new OnnxSessionOptions { SharedWeights = weights });
            var binding = session.Bind();
            binding.BindInput("x", OnnxValue.FromMemory<float>(new float[512], 2, 256));
            binding.BindOutput("y");
            binding.Run();
            _ = binding.GetOutputs();
        }
    }

    /// <summary>So many products with the identity, one after another.</summary>
    private static byte[] Chain(int length)
    {
        var model = new OnnxModelBytes().Input("x", OnnxElementType.Float, "n", 256).Initializer("w", Identity, 256, 256);
        for (var i = 0; i < length; i++)
        {
            model.Node("MatMul", [i == 0 ? "x" : $"t{i}", "w"], [i == length - 1 ? "y" : $"t{i + 1}"]);
        }

        return model.Output("y", OnnxElementType.Float, "n", 256).ToArray();
    }

    private static float[] Run(OnnxSession session, OnnxRunOptions? options = null)
    {
        using var x = OnnxValue.FromMemory<float>(Enumerable.Range(0, 512).Select(static i => (float)i).ToArray(), 2, 256);
        using var outputs = session.Run(new Dictionary<string, OnnxValue> { ["x"] = x }, null, options);
        return outputs[0].ToArray<float>();
    }
}
