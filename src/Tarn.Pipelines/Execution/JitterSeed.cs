using System.Globalization;

namespace Tarn.Pipelines;

/// <summary>A seed that is the same for the same run, task and attempt on every machine (FNV-1a, 32 bits).</summary>
internal static class JitterSeed
{
    public static int Of(int seed, string run, string task, int attempt)
    {
        var hash = 2166136261u;
        foreach (var c in string.Create(CultureInfo.InvariantCulture, $"{seed}/{run}/{task}/{attempt}"))
        {
            hash = (hash ^ c) * 16777619u;
        }

        return (int)hash;
    }
}
