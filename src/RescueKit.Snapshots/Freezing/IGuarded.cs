namespace RescueKit.Snapshots.Freezing;

/// <summary>The snapshot that a guardian watches over.</summary>
internal interface IGuarded : IDisposable
{
    /// <summary>The program that made it is about to end: from now on its stores are the guardian's.</summary>
    /// <param name="words">That this snapshot's <see cref="ISnapshot.Detach"/> said.</param>
    void Adopt(string words);

    /// <summary>Makes its stores larger where they are nearly full. Called every tenth of a second once it is adopted.</summary>
    void Look();

    /// <summary>Takes it away, whatever is left of it.</summary>
    void Remove();
}
