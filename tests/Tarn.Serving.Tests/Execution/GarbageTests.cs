using Tarn.Contracts;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>Calls make no garbage once everything is warm.</summary>
[Collection(Alone.Name)]
public sealed class GarbageTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void A_call_that_runs_at_once_allocates_nothing(int maxBatchSize)
    {
        var model = Calls.Load(TestModels.Dense(), new ModelOptions { MaxBatchSize = maxBatchSize });
        float[] values = [1, 2, 3, 4, 5, 6, 7, 8];
        Assert.InRange(Call(model, values, 300), 599, 601);
        var sum = 0f;
        Assert.Equal(0, Garbage.LeastOf(() => sum = Call(model, values, 1000)));
        Assert.InRange(sum, 1999, 2001);
        model.Release();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    public void A_call_too_large_to_be_copied_allocates_nothing(int rows)
    {
        const int Width = 1 << 16;
        var model = Calls.Load(TestModels.RowMaxima(Width), new ModelOptions { MaxBatchSize = 8 });
        var memory = GC.AllocateUninitializedArray<byte>((rows * Width * sizeof(float)) + 64);
        memory.AsSpan().Clear();
        memory[67] = 0x40;
        long[] shape = [rows, Width];
        Assert.Equal(100, CallViews(50));
        var sum = 0f;
        Assert.Equal(0, Garbage.LeastOf(() => sum = CallViews(50)));
        Assert.Equal(100, sum);
        model.Release();

        float CallViews(int times)
        {
            var total = 0f;
            for (var i = 0; i < times; i++)
            {
                using var request = model.Rent();
                request.Inputs[0].SetView(Tarn.Native.OnnxElementType.Float, shape, "x", memory, 64);
                Assert.True(request.RunAsync().IsCompletedSuccessfully);
                total += System.Runtime.InteropServices.MemoryMarshal.Read<float>(request.Outputs[0].Bytes);
            }

            return total;
        }
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(8, 0)]
    [InlineData(8, 1)]
    public async Task A_call_that_waits_in_the_queue_allocates_nothing(int maxBatchSize, int delayMilliseconds)
    {
        const int PerClient = 4000;
        var model = Calls.Load(TestModels.Dense(), new ModelOptions { MaxBatchSize = maxBatchSize, BatchDelay = TimeSpan.FromMilliseconds(delayMilliseconds), Instances = 1 });
        await CallAll(model, PerClient);

        // Other things of the process allocate, too, and the pool makes its threads and queues: the least of several measurements is the calls' own.
        var least = double.MaxValue;
        for (var i = 0; i < 5 && least > 0.5; i++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            await CallAll(model, PerClient);
            least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / (8.0 * PerClient));
        }

        Assert.True(least < 3, $"{least:0.00} bytes a call");
        Assert.True(model.Stats.QueueTicks > 0);
        model.Release();
    }

    private static float Call(LoadedModel model, float[] values, int times)
    {
        var sum = 0f;
        for (var i = 0; i < times; i++)
        {
            using var request = model.Rent<float>([2, 4], values);
            var running = request.RunAsync();
            Assert.True(running.IsCompletedSuccessfully);
            foreach (var value in System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(request.Outputs[0].Bytes))
            {
                sum += value;
            }
        }

        return sum;
    }

    private static Task CallAll(LoadedModel model, int times) => Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
    {
        float[] values = [1, 2, 3, 4];
        for (var i = 0; i < times; i++)
        {
            using var request = model.Rent<float>([1, 4], values);
            await request.RunAsync();
            if (request.Failure is not null)
            {
                throw request.Failure;
            }
        }
    })));
}

/// <summary>Tests that measure the whole process, and so run while no other does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
