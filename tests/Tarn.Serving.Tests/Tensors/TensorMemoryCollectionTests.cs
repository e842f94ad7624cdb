using System.Runtime.CompilerServices;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>By itself: others use the program's memory, too.</summary>
[Collection(Alone.Name)]
public sealed class TensorMemoryCollectionTests
{
    [Fact]
    public void Full_collections_let_the_programs_own_memory_go()
    {
        Fill();
        for (var i = 0; i < 20 && TensorMemory.Shared.Kept > 0; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.Equal(0, TensorMemory.Shared.Kept);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Fill()
    {
        var array = TensorMemory.Shared.Rent(3 << 20);
        TensorMemory.Shared.Return(array);
        Assert.True(TensorMemory.Shared.Kept > 0);
    }
}
