namespace Tarn.Contracts;

/// <summary>When, of a call that fails, the store did what was asked.</summary>
public enum Fault
{
    /// <summary>The call succeeds.</summary>
    None,

    /// <summary>It fails, and had no effect.</summary>
    Before,

    /// <summary>It fails, and had its effect.</summary>
    After,

    /// <summary>It fails as timed out, and has its effect later: when the store is asked for the second time after that, or told to.</summary>
    Late,

    /// <summary>It fails half-way: a write leaves what a killed writer leaves, which nobody but <c>ListUnfinishedAsync</c> sees. A read fails before its effect.</summary>
    Torn,
}

/// <summary>A call to a <see cref="FaultyObjectStore"/>: the operation's name and the path.</summary>
public readonly record struct StoreCall(string Operation, string Path, bool Writes);
