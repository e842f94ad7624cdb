namespace Tarn.Lake;

/// <summary>
/// How far an application has come, stored in the same atomic commit as the rows that it wrote (Delta's <c>txn</c> action).
/// For a topic's progress the id is <c>topic/partition</c> and the version the next offset to read.
/// </summary>
/// <param name="AppId">Who.</param>
/// <param name="Version">How far; grows.</param>
public readonly record struct AppTransaction(string AppId, long Version);
