using Tarn.Core;
using Xunit;

namespace Tarn.Serving.Tests;

public sealed class MemoryLimitTests
{
    [Fact]
    public void A_version_that_takes_more_for_one_row_is_not_loaded_and_says_how_much_it_takes()
    {
        // Eight layers of 810 x 810 numbers: 21 MB.
        var model = TestModels.Slow(810, 8);
        var error = Assert.Throws<TarnException>(() => Calls.Load(model, new ModelOptions { MaxMemoryBytes = 10 << 20 }));
        Assert.Contains($"the {10 << 20} bytes of its MaxMemoryBytes", error.Message, StringComparison.Ordinal);
        Assert.Contains("2 at once", error.Message, StringComparison.Ordinal);
        Assert.Contains("lower Instances", error.Remedy, StringComparison.Ordinal);
        var loaded = Calls.Load(model, new ModelOptions { MaxMemoryBytes = 100 << 20 });
        Assert.InRange(loaded.HeldBytes()!.Value, 20L << 20, 100L << 20);
        loaded.Release();
        Assert.Null(loaded.HeldBytes());
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(4, 0)]
    [InlineData(2, 8 << 20)]
    public async Task All_instances_run_the_most_rows_of_a_request_at_once_within_the_limit(int instances, int cache)
    {
        const int Width = 256;
        var options = new ModelOptions { MaxMemoryBytes = 40 << 20, Instances = instances, CacheBytes = cache };
        var model = Calls.Load(TestModels.Slow(Width, 4), options);
        var most = model.Memory!.MostRows;

        // A row is two kilobytes of input and output, and some more of what is between the layers.
        var each = (options.MaxMemoryBytes - cache - (4 * Width * Width * sizeof(float))) / instances / Width / sizeof(float);
        Assert.InRange(most, each / 16, each / 2);
        await Parallel.ForAsync(0, 8 * instances, new ParallelOptions { MaxDegreeOfParallelism = instances, CancellationToken = TestContext.Current.CancellationToken }, async (i, _) =>
        {
            using var request = model.Rent<float>([most, Width], Enumerable.Repeat((float)i, most * Width).ToArray());
            await request.RunAsync();
            Assert.Null(request.Failure);
        });
        Assert.InRange(model.HeldBytes()!.Value, 1, options.MaxMemoryBytes - cache - (2L * instances * most * Width * sizeof(float)));

        using var more = model.Rent<float>([most + 1, Width], new float[(most + 1) * Width]);
        var error = await Assert.ThrowsAsync<TarnException>(async () => await more.RunAsync());
        Assert.Equal(ErrorKind.InvalidInput, error.Kind);
        Assert.Contains($"at most {most} rows", error.Message, StringComparison.Ordinal);
        Assert.Contains($"{most + 1} rows", error.Message, StringComparison.Ordinal);
        model.Release();
    }

    [Fact]
    public void Rows_that_are_put_together_stay_within_the_limit_too()
    {
        var model = Calls.Load(TestModels.Slow(810, 8), new ModelOptions { MaxMemoryBytes = 24 << 20, Instances = 1, MaxBatchSize = 4096 });
        Assert.Equal(model.Memory!.MostRows, model.MaxBatchRows);
        Assert.InRange(model.MaxBatchRows, 1, 1000);
        model.Release();
    }

    [Fact]
    public async Task Where_more_than_rows_is_open_a_run_beyond_the_limit_is_the_last_of_its_size()
    {
        // Pixels of a byte each become numbers of four.
        const int Limit = 32 << 20;
        var model = Calls.Load(TestModels.Brightness(), new ModelOptions { MaxMemoryBytes = Limit });
        Assert.Null(await RunAsync(model, 500));
        Assert.Null(await RunAsync(model, 3000));
        Assert.InRange(model.HeldBytes()!.Value, 0, Limit);
        foreach (var side in (int[])[3000, 2999])
        {
            var error = await RunAsync(model, side);
            if (side == 3000)
            {
                Assert.NotNull(error);
                Assert.Contains($"at most {(3000 * 3000 * 3) - 1} bytes", error.Message, StringComparison.Ordinal);
            }
            else
            {
                Assert.Null(error);
            }
        }

        Assert.NotNull(await RunAsync(model, 2999));
        Assert.Null(await RunAsync(model, 500));
        model.Release();
    }

    private static async Task<TarnException?> RunAsync(LoadedModel model, int side)
    {
        using var request = model.Rent<byte>([side, side, 3], new byte[side * side * 3]);
        try
        {
            await request.RunAsync();
        }
        catch (TarnException error)
        {
            return error;
        }

        return request.Failure;
    }
}
