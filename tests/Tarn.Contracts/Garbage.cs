namespace Tarn.Contracts;

/// <summary>What work allocates, apart from what the runtime makes beside it.</summary>
public static class Garbage
{
    private const int Measurements = 5;

    /// <summary>
    /// The least that the work allocated on this thread in several measurements; the first that allocates nothing is the last. The runtime makes something of its own now and then,
    /// as when it compiles a loop anew, which comes once; what the work makes comes each time.
    /// </summary>
    public static long LeastOf(Action work)
    {
        var least = long.MaxValue;
        for (var i = 0; i < Measurements && least > 0; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            work();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
