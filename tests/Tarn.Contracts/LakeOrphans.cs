using Tarn.Lake;

namespace Tarn.Contracts;

/// <summary>Checks that whatever a table's folder holds and its log does not is found by VACUUM.</summary>
public static class LakeOrphans
{
    /// <summary>
    /// Asks VACUUM for everything that is unused now, compares with what the second reader knows to be used, removes it, and looks at what is left.
    /// </summary>
    /// <returns>How many files were unused.</returns>
    public static async Task<int> RequireFoundAsync(LakeTable table, string folder, CancellationToken cancellationToken)
    {
        var used = DeltaTableReader.FilesOf(folder);
        var orphans = Below(folder).Where(f => !used.Contains(f)).ToHashSet(StringComparer.Ordinal);
        var dry = await table.VacuumAsync(TimeSpan.Zero, dryRun: true, cancellationToken);
        var missed = orphans.Except(dry.Files).ToList();
        Xunit.Assert.True(missed.Count == 0, $"VACUUM does not find {string.Join(", ", missed)}");
        var wrong = dry.Files.Where(used.Contains).ToList();
        Xunit.Assert.True(wrong.Count == 0, $"VACUUM would remove {string.Join(", ", wrong)}, which the table needs");

        await table.VacuumAsync(TimeSpan.Zero, dryRun: false, cancellationToken);
        used = DeltaTableReader.FilesOf(folder);
        var left = Below(folder).Where(f => !used.Contains(f)).ToList();
        Xunit.Assert.True(left.Count == 0, $"VACUUM left {string.Join(", ", left)}");
        return orphans.Count;
    }

    /// <summary>All that is no part of the log: data, change data, deletion vectors, and what unfinished writes left anywhere.</summary>
    private static IEnumerable<string> Below(string folder) =>
        Directory.GetFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 })
            .Select(f => Path.GetRelativePath(folder, f))
            .Where(static f => !f.StartsWith("_delta_log", StringComparison.Ordinal) || Path.GetFileName(f).StartsWith('.'));
}
