namespace Tarn.Lake;

/// <summary>The files in which a commit's maker looked for rows, those included that come later: what decides whether another's commit is in its way.</summary>
internal sealed class ReadSet
{
    private readonly Func<AddFile, bool> _covers;

    private ReadSet(Func<AddFile, bool> covers) => _covers = covers;

    /// <summary>All files.</summary>
    public static ReadSet Everything { get; } = new(static _ => true);

    /// <summary>No file.</summary>
    public static ReadSet Nothing { get; } = new(static _ => false);

    /// <summary>The files that could hold rows which the maker asked for, by their partition values and statistics.</summary>
    public static ReadSet Where(Func<AddFile, bool> covers) => new(covers);

    public bool Covers(AddFile file) => _covers(file);
}
