namespace Tarn.Lake;

/// <summary>A table in a query.</summary>
/// <param name="Table">Its name, or where it is.</param>
/// <param name="Version">The version that was read; of changes, the last.</param>
/// <param name="Files">How many files were read: those that may hold rows for which the query asks.</param>
/// <param name="AllFiles">How many files the version has.</param>
public sealed record TableRead(string Table, long Version, int Files, int AllFiles);
