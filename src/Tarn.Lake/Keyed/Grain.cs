namespace Tarn.Lake;

/// <summary>How finely rows are kept apart by an instant (in UTC).</summary>
public enum Grain
{
    /// <summary>By day.</summary>
    Day,

    /// <summary>By month: the first day of it stands for it.</summary>
    Month,

    /// <summary>By year: the first day of it stands for it.</summary>
    Year,
}
