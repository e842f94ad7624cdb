using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Native.Tests;

public sealed class OnnxBindingTests
{
    private static readonly byte[] Sum = new OnnxModelBytes()
        .Input("a", OnnxElementType.Float, "n").Input("b", OnnxElementType.Float, "n")
        .Node("Add", ["a", "b"], ["c"]).Node("Mul", ["c", "a"], ["d"])
        .Output("c", OnnxElementType.Float, "n").Output("d", OnnxElementType.Float, "n").ToArray();

    [Fact]
    public void Runs_read_and_write_the_callers_memory_in_place_and_allocate_nothing()
    {
        using var session = OnnxSession.FromBytes(Sum);
        using var binding = session.Bind();
        var (a, b, c, d) = (new float[8], new float[8], new float[8], new float[8]);
        using var first = OnnxValue.FromMemory<float>(a, 8);
        using var second = OnnxValue.FromMemory<float>(b, 8);
        using var third = OnnxValue.FromMemory<float>(c, 8);
        using var fourth = OnnxValue.FromMemory<float>(d, 8);
        binding.BindInput("a", first);
        binding.BindInput("b", second);
        binding.BindOutput("c", third);
        binding.BindOutput("d", fourth);
        Run(0, 100);
        Assert.Equal(0, Garbage.LeastOf(() => Run(100, 200)));

        void Run(int first, int end)
        {
            for (var round = first; round < end; round++)
            {
                a.AsSpan().Fill(round);
                b.AsSpan().Fill(1);
                binding.Run();
                if (c[7] != round + 1 || d[0] != (round + 1) * round)
                {
                    Assert.Fail($"round {round}: {c[7]}, {d[0]}");
                }
            }
        }
    }

    [Fact]
    public void An_output_of_unknown_shape_is_made_by_the_runtime()
    {
        using var session = OnnxSession.FromBytes(Sum);
        using var binding = session.Bind();
        binding.BindOutput("d");
        foreach (var count in new[] { 3, 5 })
        {
            using var a = OnnxValue.FromMemory<float>(Enumerable.Repeat(2f, count).ToArray(), count);
            binding.BindInput("a", a);
            binding.BindInput("b", a);
            binding.Run();
            using var d = Assert.Single(binding.GetOutputs());
            Assert.Equal(Enumerable.Repeat(8f, count), d.ToArray<float>());
        }
    }

    [Fact]
    public void What_is_bound_stays_alive_whoever_disposes_it()
    {
        var session = OnnxSession.FromBytes(Sum);
        var binding = session.Bind();
        var result = new float[4];
        using (var a = OnnxValue.FromMemory<float>(new float[] { 1, 2, 3, 4 }, 4))
        using (var c = OnnxValue.FromMemory<float>(result, 4))
        {
            binding.BindInput("a", a);
            binding.BindInput("b", a);
            binding.BindOutput("c", c);
        }

        session.Dispose();
        GC.Collect();
        binding.Run();
        Assert.Equal([2, 4, 6, 8], result);
        binding.Dispose();
        Assert.Throws<ObjectDisposedException>(() => binding.Run());
        binding.Dispose();
        Assert.Throws<ObjectDisposedException>(() => binding.Clear());
        Assert.Throws<ObjectDisposedException>(() => session.Bind());
    }

    [Fact]
    public void What_is_missing_or_does_not_fit_is_named()
    {
        using var session = OnnxSession.FromBytes(Sum);
        using var binding = session.Bind();
        binding.BindOutput("c");
        using var a = OnnxValue.FromMemory<float>(new float[2], 2);
        using var doubles = OnnxValue.FromMemory<double>(new double[2], 2);
        binding.BindInput("a", a);
        Assert.Contains("nothing is bound to b: Float[n]", Assert.Throws<TarnException>(() => binding.Run()).Message, StringComparison.Ordinal);
        Assert.Contains("It has: a, b.", Assert.Throws<TarnException>(() => binding.BindInput("x", a)).Message, StringComparison.Ordinal);
        Assert.Contains("It has: c, d.", Assert.Throws<TarnException>(() => binding.BindOutput("a")).Message, StringComparison.Ordinal);
        var error = Assert.Throws<TarnException>(() =>
        {
            binding.BindInput("b", doubles);
            binding.Run();
        });
        Assert.Contains("Double[2]", error.Message, StringComparison.Ordinal);
        binding.Clear();
        Assert.Throws<TarnException>(() => binding.Run());
    }
}
