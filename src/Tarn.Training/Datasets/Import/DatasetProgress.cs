namespace Tarn.Training;

/// <summary>How far an import is.</summary>
/// <param name="Examined">Files examined.</param>
/// <param name="Refused">Of these, files that are kept out already.</param>
public readonly record struct DatasetProgress(int Examined, int Refused);
