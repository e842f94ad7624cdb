namespace Tarn.Lake;

/// <summary>What removing unused files did, or would do.</summary>
/// <param name="Files">The files removed (with a dry run: that would be), relative to the table's folder, in order.</param>
/// <param name="Bytes">Their length together.</param>
/// <param name="DryRun">Whether nothing was removed.</param>
public sealed record VacuumResult(IReadOnlyList<string> Files, long Bytes, bool DryRun);
