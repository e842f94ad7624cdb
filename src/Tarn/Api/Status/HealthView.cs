namespace Tarn;

/// <summary>What <c>/health/…</c> answers.</summary>
internal sealed record HealthView(string Status, int Pid, string DataDirectory);

/// <summary>What <c>version --json</c> prints.</summary>
internal sealed record VersionView(string Version, string Runtime, string System);
