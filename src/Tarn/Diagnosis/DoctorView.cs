namespace Tarn;

/// <summary>What <c>doctor</c> found.</summary>
internal sealed record DoctorView(bool Healthy, IReadOnlyList<Finding> Findings, IReadOnlyList<SettingView> Settings);

/// <summary>One thing that was looked at.</summary>
/// <param name="Subject">What.</param>
/// <param name="State">ok, warning (something is restricted) or missing (something does not work).</param>
/// <param name="Detail">What was found.</param>
/// <param name="Remedy">What to do, or null.</param>
internal sealed record Finding(string Subject, string State, string Detail, string? Remedy);

/// <summary>A configuration key that is set.</summary>
internal sealed record SettingView(string Key, string Value, string Source);
