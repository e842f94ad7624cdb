using Tarn.Core;

namespace Tarn.Log;

/// <summary>Keeps a second log out of a directory; the operating system lets go of it when the process ends, however it ends.</summary>
internal static class DirectoryLock
{
    public static FileStream Take(string directory)
    {
        var path = Path.Combine(directory, "_lock");
        try
        {
            Directory.CreateDirectory(directory);
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException error)
        {
            throw DiskErrors.Unavailable(error, "Opening the log", directory);
        }
        catch (IOException error) when (File.Exists(path))
        {
            throw new TarnException(
                ErrorKind.Conflict,
                "One process at a time has a log's directory open.",
                directory,
                "Use the server that has it open, or stop it first.",
                error);
        }
        catch (IOException error)
        {
            throw DiskErrors.Unavailable(error, "Opening the log", directory);
        }
    }
}
