using Tarn.Contracts;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>What is unloaded leaves nothing behind.</summary>
[Collection(Alone.Name)]
public sealed class ModelMemoryTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_model_of_20_MB_that_is_loaded_and_unloaded_50_times_takes_the_memory_of_one()
    {
        // Eight layers of 810 x 810 numbers.
        TestModels.Write(_folder.Path, "large", 1, TestModels.Slow(810, 8));
        await using var served = await TestServer.StartAsync(new FolderModelSource(_folder.Path));
        var before = 0L;
        for (var i = 0; i < 50; i++)
        {
            var model = served.Server.Acquire("large", null, "");
            using (var request = model.Rent<float>([4, 810], new float[4 * 810]))
            {
                await request.RunAsync();
                Assert.Null(request.Failure);
            }

            model.Release();
            await served.Server.UnloadAsync("large", TestContext.Current.CancellationToken);
            await model.Freed;
            await served.Server.LoadAsync("large", TestContext.Current.CancellationToken);
            if (i == 4)
            {
                before = Resident();
            }
        }

        // 45 loads of it would be 900 MB.
        var grown = Resident() - before;
        Assert.True(grown < 60L << 20, $"{grown >> 20} MB more after 45 loads");
    }

    private static long Resident()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Native.ProcessMemory.Trim();
        return Environment.WorkingSet;
    }
}
